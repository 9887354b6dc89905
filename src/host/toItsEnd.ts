/**
 * Runs `work` to its end, whatever the terminal or a service manager says meanwhile. ^C and the end of an ssh session are told to all
 * that the terminal has in its foreground, so that an `ip` at work ends half-way: whoever started it has to live on, to undo that.
 */
export async function toItsEnd<T>(work: () => Promise<T>): Promise<T> {
  const ignore = () => {};
  for (const signal of signals) process.on(signal, ignore);
  try {
    return await work();
  } finally {
    for (const signal of signals) process.off(signal, ignore);
  }
}

const signals = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"] as const;
