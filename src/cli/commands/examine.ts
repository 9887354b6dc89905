import { existsSync } from "node:fs";
import { CniError } from "../../error.ts";
import { findIp, runIp } from "../../host/ip.ts";
import { readLibcVersion } from "../../host/libc.ts";
import { lookAtLock } from "../../host/lockState.ts";
import { type Driver, hasNetAdmin, isAvailable, isLoaded } from "../../host/proc.ts";
import { findProgram } from "../../host/programs.ts";
import { askWhatIsManaged, canBeAsked, isRunning, type NetworkService } from "../../host/services.ts";
import { isTried } from "../../host/trialFile.ts";
import { readPolicy } from "../../policy/load.ts";
import { policyPath } from "../../policy/path.ts";
import type { Judgement } from "../read/judge.ts";
import { describeLeftJournal } from "../read/leftJournal.ts";
import { listNodeLinks, type NodeLink } from "../read/nodeLinks.ts";
import { listLinksOfConfigs, listLinksOfNode } from "../read/ownLinks.ts";
import { dropIns } from "./dropIn.ts";

/** One thing that was looked at. `bad`: ifacer can't work; `doubtful`: it works, but not all of it or not for long. */
export interface Finding {
  readonly what: string;
  readonly state: "good" | "doubtful" | "bad";
  readonly message: string;
  readonly remedy?: string;
}

/** Looks at all that ifacer needs of a node. `judgements`: the configs that it is about; `undefined`: any. */
export async function examineNode(judgements: readonly Judgement[] | undefined): Promise<Finding[]> {
  const desired = judgements?.flatMap((judgement) => judgement.desired ?? []);
  const drivers: Driver[] = [];
  if (desired === undefined || desired.some(({ bond }) => bond)) drivers.push("bonding");
  if (desired === undefined || desired.some(({ vlans }) => vlans.length > 0)) drivers.push("8021q");
  return [
    await examineIp(),
    ...(await Promise.all(drivers.map(examineDriver))),
    await examineRights(),
    await examineLibc(),
    examinePolicy(),
    examineLock(),
    ...examineTrial(),
    ...examineJournal(),
    ...examineRuntime(judgements ?? []),
    ...(await examineServices((links) => (desired ? listLinksOfConfigs(desired, links) : listLinksOfNode(links)))),
  ];
}

async function examineIp(): Promise<Finding> {
  const what = "ip";
  const remedy = "install the package iproute2 (iproute on Red Hat), version 5.5 or later";
  const path = findIp();
  if (path === undefined) return { what, state: "bad", message: "is not there", remedy };
  const { stdout, stderr } = await runIp(["-V"], []);
  const words = `${stdout}${stderr}`.split("\n")[0] ?? "";
  // What ADD runs, on the one link that is always there.
  const trial = await runIp(["-details", "-json", "-force", "-batch", "-"], ["link show dev lo"]);
  if (!trial.stdout.startsWith("[{")) {
    const message = `${path} is not the iproute2 that ifacer needs, '${trial.command}' fails: ${words || trial.stderr}`;
    return { what, state: "bad", message, remedy };
  }
  const message = `${path}, ${words.replace(/^ip utility, /, "")}`;
  return isOld(words)
    ? {
        what,
        state: "doubtful",
        message: `${message}: it knows no altnames, which VLAN names over 15 bytes need`,
        remedy,
      }
    : { what, state: "good", message };
}

/** Altnames came with iproute2 5.5, which called itself `ss200127`, after its day. */
function isOld(words: string): boolean {
  const day = /iproute2-ss(\d{6})/.exec(words)?.[1];
  if (day !== undefined) return day < "200127";
  const [, major = "0", minor = "0"] = /iproute2-(\d+)\.(\d+)/.exec(words) ?? [];
  return Number(major) < 5 || (Number(major) === 5 && Number(minor) < 5);
}

async function examineDriver(driver: Driver): Promise<Finding> {
  const what = `kernel driver ${driver}`;
  if (await isLoaded(driver)) return { what, state: "good", message: "is loaded" };
  if (await isAvailable(driver)) return { what, state: "good", message: "is loaded by the kernel when it is needed" };
  const remedy = `install the package that brings it (linux-modules-extra, kernel-modules), then 'modprobe ${driver}'`;
  return { what, state: "bad", message: "is not there", remedy };
}

async function examineRights(): Promise<Finding> {
  const what = "capabilities";
  if (await hasNetAdmin()) return { what, state: "good", message: "has CAP_NET_ADMIN" };
  return { what, state: "bad", message: "lacks CAP_NET_ADMIN", remedy: "run it as root, as container runtimes do" };
}

/** The lock is the C library's, or that of the program `flock` where hardened nodes forbid calls into the library. */
async function examineLibc(): Promise<Finding> {
  const what = "C library";
  const version = await readLibcVersion();
  if (version !== undefined) return { what, state: "good", message: `glibc ${version}` };
  const lack = "can't be called from ifacer on this node";
  if (findProgram("flock")) return { what, state: "good", message: `${lack}, the program flock takes the lock` };
  return { what, state: "bad", message: `${lack}, and there is no flock`, remedy: "install the package util-linux" };
}

function examinePolicy(): Finding {
  const what = "node policy";
  try {
    readPolicy();
  } catch (error) {
    if (!(error instanceof CniError)) throw error;
    const remedy = `mend or remove ${policyPath}; 'ifacer schema --policy' says what may stand in it`;
    return { what, state: "bad", message: error.message, remedy };
  }
  const isThere = existsSync(policyPath);
  return { what, state: "good", message: isThere ? `${policyPath} is valid` : "there is none, everything is allowed" };
}

/** In seconds. An ADD holds it for a fraction of one. */
const longestHold = 30;

function examineLock(): Finding {
  const what = "lock";
  const lock = lookAtLock();
  switch (lock.state) {
    case "free":
      return { what, state: "good", message: "can be taken" };
    case "held": {
      const message = `${lock.path} is held by the process ${lock.pid} for ${Math.round(lock.since)} s`;
      if (lock.since < longestHold) return { what, state: "good", message: `${message}, an ADD at work` };
      if (isTried()) return { what, state: "good", message: `${message}, which tries something` };
      return { what, state: "bad", message, remedy: `'ps -fp ${lock.pid}' says what it is: end it` };
    }
    case "unusable": {
      const remedy = "/run has to be writable where ADD runs: 'findmnt -T /run'";
      return { what, state: "bad", message: `${lock.path} can't be opened: ${lock.reason}`, remedy };
    }
  }
}

function examineTrial(): Finding[] {
  if (!isTried()) return [];
  const message = "what 'ifacer apply --try' did is not confirmed";
  const remedy =
    "'ifacer apply --confirm' keeps it; else it is taken back in time, or by the next ADD that changes something";
  return [{ what: "trial", state: "doubtful", message, remedy }];
}

function examineJournal(): Finding[] {
  const message = describeLeftJournal();
  if (message === undefined) return [];
  const remedy = "'ifacer apply -f FILE' does what the next ADD does, 'ifacer status' shows what there is";
  return [{ what: "journal", state: "doubtful", message, remedy }];
}

/** Runtimes that do not know a config's version load it, call the node ready, and fail every ADD. */
function examineRuntime(judgements: readonly Judgement[]): Finding[] {
  const newer = judgements.filter(({ cniVersion }) => cniVersion === "1.1.0").map(({ path }) => path);
  const path = newer.length > 0 ? findProgram("containerd") : undefined;
  if (path === undefined) return [];
  const { stdout } = Bun.spawnSync([path, "--version"], { stdio: ["ignore", "pipe", "ignore"], timeout: 5000 });
  const version = / v?(\d+\.\d+)\.\d+/.exec(stdout.toString())?.[1];
  if (version === undefined || !isBefore2(version)) return [];
  const message = `containerd ${version} does not know cniVersion 1.1.0 and fails every ADD of ${newer.join(", ")}`;
  return [{ what: "container runtime", state: "doubtful", message, remedy: "set cniVersion to 1.0.0" }];
}

/** libcni learnt 1.1.0 with containerd 2.0. */
function isBefore2(version: string): boolean {
  return Number(version.split(".")[0]) < 2;
}

async function examineServices(listOurs: (links: readonly NodeLink[]) => readonly string[]): Promise<Finding[]> {
  const running = (["NetworkManager", "systemd-networkd"] as const).filter(isRunning);
  if (running.length === 0) {
    return [
      { what: "network services", state: "good", message: "neither NetworkManager nor systemd-networkd runs here" },
    ];
  }
  const links = await findLinks();
  const ours = listOurs(links);
  return running.map((service) => {
    const names = new Set(ours);
    const present = links.filter(({ name, namespace }) => namespace === undefined && names.has(name));
    const manages = askWhatIsManaged(service);
    const asked = present.map((link) => ({ name: link.name, managed: manages(link) }));
    const taken = asked.filter(({ managed }) => managed === true).map(({ name }) => name);
    const silent = asked.length < ours.length || asked.some(({ managed }) => managed === undefined);
    return judgeService(service, { taken, silent: silent || ours.length === 0 });
  });
}

function judgeService(
  service: NetworkService,
  { taken, silent }: { taken: readonly string[]; silent: boolean },
): Finding {
  const { option, command } = dropIns[service];
  const remedy = `'ifacer doctor ${option} --install -f FILE', then '${command}'`;
  if (taken.length > 0) {
    const message = `runs and manages ${taken.join(", ")}: it may change or release what it manages`;
    return { what: service, state: "doubtful", message, remedy };
  }
  if (!canBeAsked(service)) {
    const message = "runs; what it manages can't be told without nmcli, it may take over links that ifacer makes";
    return { what: service, state: "doubtful", message, remedy };
  }
  if (silent)
    return { what: service, state: "doubtful", message: "runs, and may take over links that ifacer makes", remedy };
  return { what: service, state: "good", message: "runs, and leaves ifacer's links alone" };
}

async function findLinks(): Promise<readonly NodeLink[]> {
  try {
    return (await listNodeLinks()).links;
  } catch (error) {
    if (error instanceof CniError) return [];
    throw error;
  }
}
