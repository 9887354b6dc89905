/** The image of the container that holds a Pod's namespaces: busybox, and no registry. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { succeed } from "../kernel/harness.ts";

export const pause = "localhost/pause:1";

/** Gives it to containerd. */
export async function importPause(): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), "pause-"));
  try {
    mkdirSync(join(work, "root"));
    copyFileSync("/bin/busybox", join(work, "root/busybox"));
    await succeed(["tar", "-C", join(work, "root"), "-cf", join(work, "layer.tar"), "."]);
    const digest = new Bun.CryptoHasher("sha256").update(readFileSync(join(work, "layer.tar"))).digest("hex");
    const config = {
      architecture: "amd64",
      os: "linux",
      config: { Entrypoint: ["/busybox", "tail", "-f", "/dev/null"] },
      rootfs: { type: "layers", diff_ids: [`sha256:${digest}`] },
    };
    const manifest = [{ Config: "config.json", RepoTags: [pause], Layers: ["layer.tar"] }];
    writeFileSync(join(work, "config.json"), JSON.stringify(config));
    writeFileSync(join(work, "manifest.json"), JSON.stringify(manifest));
    await succeed(["tar", "-C", work, "-cf", join(work, "image.tar"), "manifest.json", "config.json", "layer.tar"]);
    await succeed(["ctr", "-n", "k8s.io", "images", "import", "--snapshotter", "native", join(work, "image.tar")]);
  } finally {
    rmSync(work, { recursive: true });
  }
}
