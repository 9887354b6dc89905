/** What a switch tells of itself and of the port (IEEE 802.1AB). */
export interface Neighbour {
  readonly system: string | undefined;
  readonly port: string | undefined;
  readonly portDescription: string | undefined;
  /** The VLAN of frames without a tag. */
  readonly untagged: number | undefined;
  /** The VLANs that the switch names; most name only some of those that they carry. */
  readonly vlans: readonly { readonly id: number; readonly name: string }[];
}

export const etherType = 0x88cc;

/** Where switches send LLDP frames to (IEEE 802.1AB, 7.1). */
export const groups: readonly Uint8Array[] = [0x0e, 0x03, 0x00].map((last) =>
  Uint8Array.of(0x01, 0x80, 0xc2, 0x00, 0x00, last),
);

/** Reads a frame with its Ethernet header. `undefined`: it is no LLDP frame. */
export function readLLDP(frame: Uint8Array): Neighbour | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < 16 || view.getUint16(12) !== etherType) return undefined;
  let [system, port, portDescription]: (string | undefined)[] = [];
  let untagged: number | undefined;
  const vlans: { id: number; name: string }[] = [];
  for (let at = 14; at + 2 <= frame.length; ) {
    const type = view.getUint16(at) >> 9;
    const value = frame.subarray(at + 2, at + 2 + (view.getUint16(at) & 0x1ff));
    at += 2 + (view.getUint16(at) & 0x1ff);
    if (type === 0) break;
    if (type === 2) port = readID(value);
    if (type === 4) portDescription = decode(value);
    if (type === 5) system = decode(value);
    // Organizationally specific, 00-80-C2: IEEE 802.1 (802.1Q, annex D).
    if (type !== 127 || value[0] !== 0x00 || value[1] !== 0x80 || value[2] !== 0xc2 || value.length < 6) continue;
    const id = ((value[4] ?? 0) << 8) | (value[5] ?? 0);
    if (value[3] === 1 && id !== 0) untagged = id;
    if (value[3] === 3) vlans.push({ id, name: decode(value.subarray(7, 7 + (value[6] ?? 0))) });
  }
  return { system, port, portDescription, untagged, vlans };
}

/** A port's id: a MAC for the subtype 3, text for those that switches use else. */
function readID(value: Uint8Array): string {
  const id = value.subarray(1);
  if (value[0] !== 3) return decode(id);
  return [...id].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replace(/\0+$/, "");
}
