/** The version of the GNU C library that this process runs with; `undefined` where it can't be called (see lock.ts). */
export async function readLibcVersion(): Promise<string | undefined> {
  const { dlopen, FFIType } = await import("bun:ffi");
  try {
    const signature = { gnu_get_libc_version: { args: [], returns: FFIType.cstring } } as const;
    return String(dlopen("libc.so.6", signature).symbols.gnu_get_libc_version());
  } catch {
    return undefined;
  }
}
