/**
 * Traffic between two Pods: `echo.ts serve ADDRESS` sends every datagram back; `echo.ts ask ADDRESS [SECONDS]` sends one every
 * 20 ms and prints, as JSON, how many there were, how many came back, and the longest time without one, in ms. Where no time
 * is given it says `ready` at the first that comes back, counts those that it sends from then on, and ends by SIGTERM.
 */
import { createSocket } from "node:dgram";

const port = 7;
const [task, address = "", seconds = "Infinity"] = Bun.argv.slice(2);
const socket = createSocket("udp4");

// Where nobody answers, or who asked is gone, sending can fail as well.
socket.on("error", () => {});

if (task === "serve") {
  socket.on("message", (message, sender) => socket.send(message, sender.port, sender.address));
  socket.bind(port, address, () => console.log("ready"));
} else {
  const start = performance.now();
  const arrivals = [start];
  let sent = 0;
  let first = seconds === "Infinity" ? undefined : 0;
  socket.on("message", (message) => {
    if (first === undefined) {
      first = sent;
      arrivals[0] = performance.now();
      console.log("ready");
    } else if (Number(message.toString()) >= first) arrivals.push(performance.now());
  });
  let end = start + Number(seconds) * 1000;
  let patience = 3_000;
  // What is on its way then is waited for.
  process.on("SIGTERM", () => {
    end = performance.now();
    patience = 10_000;
  });
  const timer = setInterval(() => {
    const now = performance.now();
    if (now < end) return socket.send(`${sent++}`, port, address, () => {});
    const counted = sent - (first ?? sent);
    if (now < end + patience && arrivals.length - 1 < counted) return;
    clearInterval(timer);
    const gaps = [...arrivals.slice(1), end].map((time, index) => time - (arrivals[index] ?? start));
    console.log(
      JSON.stringify({ sent: counted, answered: arrivals.length - 1, longestGap: Math.round(Math.max(...gaps)) }),
    );
    socket.close();
  }, 20);
}
