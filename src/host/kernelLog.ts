import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";

/**
 * Tells the system's journal by way of the kernel's (printk, /dev/kmsg), which is there before and without any other service; journald
 * and syslog daemons read it, so that `journalctl -t ifacer` and `dmesg` show it. What can't be told is not told.
 *
 * @param text one line
 */
export function tellSystem(text: string): void {
  try {
    const fd = openSync("/dev/kmsg", "w");
    try {
      // Priority `notice` of the facility `user` (syslog(3)); a record has less than 1 KiB.
      writeSync(fd, `<13>ifacer[${process.pid}]: ${text.replace(/\p{Cc}/gu, " ").slice(0, 800)}\n`);
    } finally {
      closeSync(fd);
    }
  } catch {
    // There is none in a container, and others than root may not.
  }
}

/** Asks the kernel to end any other process first when memory is short. */
export function outliveOthers(): void {
  try {
    writeFileSync("/proc/self/oom_score_adj", "-1000");
  } catch {
    // Then it is as likely as others to be ended.
  }
}
