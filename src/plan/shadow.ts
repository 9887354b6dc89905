import { type Conflict, type Current, type Desired, findLink, type Link } from "../model.ts";
import { inTheWay } from "./conflict.ts";

/** Links of a Pod that get what their NIC on the node receives, unless a VLAN of the node takes it before. */
const sharingKinds: readonly (string | undefined)[] = ["macvlan", "macvtap"];

/** A link of the Pod that shares a NIC of the node, which is known by its index there. */
export interface Sharing {
  readonly link: Link;
  readonly nic: number;
}

/** What the desired VLANs of a Pod stand on, as far as it shares NICs of the node: the parent, or the slaves of a bond. */
export function findSharing(
  { interfaces, vlans }: Pick<Desired, "interfaces" | "vlans">,
  pod: Current,
): readonly Sharing[] {
  if (vlans.length === 0) return [];
  const listed = interfaces.flatMap((name) => findLink(pod, name) ?? []);
  // The parent may be a bond that was made before.
  const slaves = pod.links.filter(({ master }) => listed.some(({ name }) => name === master));
  return [...new Set([...listed, ...slaves])].flatMap((link) => {
    const shares = link.foreignParent !== undefined && sharingKinds.includes(link.kind);
    return shares && link.foreignParent !== undefined ? [{ link, nic: link.foreignParent }] : [];
  });
}

/**
 * The VLANs of the node that would take the frames of the Pod's: of the same id and protocol on the NIC below the Pod's macvlan.
 * The kernel hands a tagged frame to such a VLAN before the macvlan sees it, also while the VLAN is down.
 */
export function findShadows(desired: Pick<Desired, "vlans">, sharing: readonly Sharing[], node: Current): Conflict[] {
  return desired.vlans.flatMap(({ name, id, protocol }) =>
    sharing.flatMap(({ link, nic }) => {
      const below = node.links.find(({ index }) => index === nic);
      return node.links
        .filter(({ parent, vlan }) => below && parent === below.name && vlan?.id === id && vlan.protocol === protocol)
        .map((shadow) => {
          const message = `${name} would get no frames: ${link.name} of the Pod is a ${link.kind} on ${below?.name}, where the node has VLAN ${id} itself, as ${shadow.name}, which takes them all, up or down: use ${shadow.name} as the macvlan's master instead, another vlanID, or remove ${shadow.name} when nothing uses it`;
          return inTheWay(shadow.name, message);
        });
    }),
  );
}

/** A VLAN on a NIC of the node that another namespace has. */
interface Elsewhere {
  /** `foreignParent`: the NIC. */
  readonly link: Link;
  /** Where it is, for people. */
  readonly netns: string;
}

/** The same for VLANs on the NIC that are in another Pod's namespace. */
export function findShadowsElsewhere(
  desired: Pick<Desired, "vlans">,
  sharing: readonly Sharing[],
  elsewhere: readonly Elsewhere[],
): Conflict[] {
  return desired.vlans.flatMap(({ name, id, protocol }) =>
    sharing.flatMap(({ link, nic }) =>
      elsewhere
        .filter(
          ({ link: { vlan, foreignParent } }) => foreignParent === nic && vlan?.id === id && vlan.protocol === protocol,
        )
        .map(({ link: shadow, netns }) => {
          const message = `${name} would get no frames: ${link.name} of the Pod is a ${link.kind} on a NIC of the node that has VLAN ${id} itself, as ${shadow.name} in the namespace ${netns}, which takes them all, up or down: use another vlanID, or delete the Pod which has that one`;
          return inTheWay(shadow.name, message);
        }),
    ),
  );
}
