/** The image of deploy/Containerfile, built by Debian's buildah on a base of Debian's own packages: no daemon, no registry. */
import { succeed } from "../kernel/harness.ts";

const root = `${import.meta.dir}/../..`;
const base = "localhost/debian:12-slim";
// On a memory file system, as the microVM's root is an overlay and can't hold another.
const buildah = ["buildah", "--root", "/run/buildah/root", "--runroot", "/run/buildah/run"];

/** Builds it for this machine, and gives it to containerd under this name. */
export async function buildImage(name: string): Promise<void> {
  await buildBase();
  const context = ["--platform", "linux/amd64", "--file", `${root}/deploy/Containerfile`, root];
  await succeed([
    ...buildah,
    "build",
    "--isolation",
    "chroot",
    "--pull-never",
    "--build-arg",
    `BASE=${base}`,
    "--tag",
    name,
    ...context,
  ]);
  await succeed([...buildah, "push", name, `docker-archive:/run/image.tar:${name}`]);
  await succeed(["ctr", "-n", "k8s.io", "images", "import", "--snapshotter", "native", "/run/image.tar"]);
}

/** Without what Debian's slim images leave out as well. */
async function buildBase(): Promise<void> {
  await succeed(["tar", "-C", `${root}/.cache/debian/base`, "--exclude", "./usr/share", "-cf", "/run/base.tar", "."]);
  const container = (await succeed([...buildah, "from", "--pull-never", "scratch"])).trim();
  await succeed([...buildah, "add", container, "/run/base.tar", "/"]);
  await succeed([...buildah, "commit", "--rm", container, base]);
}
