/**
 * Traffic between two Pods: `echo.ts serve ADDRESS` sends every datagram back; `echo.ts ask ADDRESS SECONDS` sends one every
 * 20 ms and prints, as JSON, how many there were, how many came back, and the longest time without one, in ms.
 */
import { createSocket } from "node:dgram";

const port = 7;
const [task, address = "", seconds = "1"] = Bun.argv.slice(2);
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
  socket.on("message", () => arrivals.push(performance.now()));
  const timer = setInterval(() => {
    socket.send(`${sent++}`, port, address, () => {});
    if (performance.now() - start < Number(seconds) * 1000) return;
    clearInterval(timer);
    const gaps = [...arrivals.slice(1), performance.now()].map((time, index) => time - (arrivals[index] ?? start));
    console.log(JSON.stringify({ sent, answered: arrivals.length - 1, longestGap: Math.round(Math.max(...gaps)) }));
    socket.close();
  }, 20);
}
