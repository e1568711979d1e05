// The blocks of data that lie in the page: JSON, deflated, in base64. Each is unpacked once, when somebody looks at it.

const unpacked = new Map<string, Promise<unknown>>();

const block = (name: string): HTMLElement | null => document.getElementById(`data-${name}`);

/** How many rows a block has, without unpacking it; 0 where there is none. */
export const rows = (name: string): number => Number(block(name)?.dataset["rows"] ?? 0);

function bytes(text: string): Uint8Array<ArrayBuffer> {
  const native = (Uint8Array as unknown as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> }).fromBase64;
  if (native) return native.call(Uint8Array, text);
  const binary = atob(text);
  const out = new Uint8Array(binary.length);
  for (let n = 0; n < binary.length; n++) out[n] = binary.charCodeAt(n);
  return out;
}

/** The content of a block, or null where there is none. */
export function load<T>(name: string): Promise<T | null> {
  let known = unpacked.get(name);
  if (!known) {
    const element = block(name);
    known = element
      ? new Response(
          new Blob([bytes(element.textContent ?? "")]).stream().pipeThrough(new DecompressionStream("deflate-raw")),
        ).json()
      : Promise.resolve(null);
    unpacked.set(name, known);
  }
  return known as Promise<T | null>;
}
