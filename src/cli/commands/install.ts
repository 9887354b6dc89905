import { installInto } from "../../host/executable.ts";
import { type Options, UsageError } from "../arguments.ts";
import { type Report, versioned } from "../show/report.ts";
import { line } from "../show/screen.ts";

/** `ifacer install --to DIR`: puts this executable where the runtime looks for plugins. */
export function install(options: Options): Report {
  const folder = options.value("--to");
  if (!folder) throw new UsageError("no folder is given: say where to with --to, /opt/cni/bin for most runtimes");
  const { path, changed } = installInto(folder, { name: "ifacer" });
  return {
    status: 0,
    text: [line(0, changed ? `${path} is installed` : `${path} is the same already, nothing was done`)],
    json: versioned({ path, changed }),
  };
}
