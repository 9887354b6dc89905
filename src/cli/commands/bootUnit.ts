/** Where the configs are that are applied at boot, and the unit that does it with the link that enables it. */
export const bootPaths = {
  networks: "/etc/ifacer/networks",
  unit: "/etc/systemd/system/ifacer.service",
  link: "/etc/systemd/system/multi-user.target.wants/ifacer.service",
  /** What the link leads to, also in an image. */
  target: "../ifacer.service",
} as const;

/** Whatever starts Pods: the runtimes, and the kubelet by its own name or within a distribution's program. */
const podStarters = [
  ...["containerd", "crio", "docker", "cri-docker", "kubelet"],
  ...["k3s", "k3s-agent", "rke2-server", "rke2-agent"],
];

/** The most bytes of a link's own name. Longer ones are altnames, for which systemd has no device. */
const longestName = 15;

export interface BootUnit {
  readonly text: string;
  /** The NICs that systemd can't wait for. */
  readonly leftOut: readonly string[];
}

/**
 * The unit: systemd.unit(5), systemd.service(5). Order alone stands between it and the kubelet, so that what fails here keeps nobody
 * from starting, and its time is limited. A device is waited for as long as DefaultDeviceTimeoutSec says, 90 s.
 *
 * @param nics the NICs that the configs list, by their own names
 */
export function writeBootUnit({
  mark,
  executable,
  nics,
}: {
  mark: string;
  executable: string;
  nics: readonly string[];
}): BootUnit {
  const isName = (name: string) => Buffer.byteLength(name) <= longestName;
  const devices = nics.filter(isName).map((name) => `sys-subsystem-net-devices-${escapeForUnit(name)}.device`);
  const text = [
    `${mark} makes the links of the configs in ${bootPaths.networks}, before anything starts Pods.`,
    "# 'ifacer install --boot -f FILE' writes it anew, 'ifacer install --remove-boot' removes it.",
    "[Unit]",
    `Description=Bonds and VLANs of the network configs in ${bootPaths.networks}`,
    ...devices.flatMap((device) => [`Wants=${device}`, `After=${device}`]),
    "After=NetworkManager.service systemd-networkd.service",
    `Before=${podStarters.map((name) => `${name}.service`).join(" ")}`,
    "",
    "[Service]",
    "Type=oneshot",
    "RemainAfterExit=yes",
    "TimeoutStartSec=300",
    `ExecStart=${executable} apply --each --yes -f ${bootPaths.networks}`,
    "",
    "[Install]",
    "WantedBy=multi-user.target",
    "",
  ].join("\n");
  return { text, leftOut: nics.filter((name) => !isName(name)) };
}

/** A name as a part of a unit's name (systemd-escape(1)): what is not a letter, a digit, `:`, `_` or `.` is `\xNN`. */
function escapeForUnit(name: string): string {
  return [...Buffer.from(name)]
    .map((byte, index) => {
      const character = String.fromCharCode(byte);
      const plain = index === 0 ? /[A-Za-z0-9:_]/ : /[A-Za-z0-9:_.]/;
      return plain.test(character) ? character : `\\x${byte.toString(16).padStart(2, "0")}`;
    })
    .join("");
}
