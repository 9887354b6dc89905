import { type Installation, installInto } from "../../host/executable.ts";
import { refuseLinks } from "../../host/newFile.ts";
import { type Options, UsageError } from "../arguments.ts";
import { type Report, versioned } from "../show/report.ts";
import { type Line, line } from "../show/screen.ts";

/** Where most runtimes look for plugins. */
const usualFolder = "/opt/cni/bin";

/**
 * `ifacer install --to DIR`: puts this executable where the runtime looks for plugins. With `--boot` also what applies configs after
 * a reboot, which `--remove-boot` takes away.
 */
export async function install(options: Options): Promise<Report> {
  const folder = options.value("--to");
  const [boot, remove] = [options.has("--boot"), options.has("--remove-boot")];
  if (options.value("--root") === "")
    throw new UsageError('--root is "", allowed is the root folder of another system');
  const root = options.value("--root")?.replace(/\/+$/, "") ?? "";
  if (options.has("--file") && !boot) throw new UsageError("-f names what is applied at boot: give --boot with it");
  if (remove) {
    if (boot || folder !== undefined)
      throw new UsageError("--remove-boot takes the unit away: give no --boot or --to with it");
    return (await import("./boot.ts")).removeBoot({ root });
  }
  if (!folder && !boot)
    throw new UsageError(`no folder is given: say where to with --to, ${usualFolder} for most runtimes`);
  const own = folder ? installExecutable(folder, { root }) : undefined;
  if (!boot) return answer(own);
  const { installBoot } = await import("./boot.ts");
  const wanted = { files: options.values("--file"), folder: folder || usualFolder, root };
  const { text, ...report } = await installBoot(wanted);
  return { ...report, text: [...tell(own), ...text] };
}

function answer(own: Installation | undefined): Report {
  return { status: 0, text: tell(own), json: versioned({ ...own }) };
}

function installExecutable(folder: string, { root }: { root: string }): Installation {
  if (root !== "") refuseLinks(root, `${root}${folder}/ifacer`);
  return installInto(`${root}${folder}`, { name: "ifacer" });
}

function tell(own: Installation | undefined): Line[] {
  if (own === undefined) return [];
  return [line(0, own.changed ? `${own.path} is installed` : `${own.path} is the same already, nothing was done`)];
}
