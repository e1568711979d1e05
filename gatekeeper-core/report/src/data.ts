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

/** Once the page that came without a script has been seen: what is unpacked waits for it. */
const seen = new Promise<void>((done) => {
  // A page in the background paints nothing, and must not wait for it.
  setTimeout(done, 100);
  requestAnimationFrame(() => setTimeout(done));
});

async function unpack(element: HTMLElement): Promise<unknown> {
  await seen;
  const packed = new Blob([bytes(element.textContent ?? "")]);
  return new Response(packed.stream().pipeThrough(new DecompressionStream("deflate-raw"))).json();
}

/** The content of a block, or null where there is none. */
export function load<T>(name: string): Promise<T | null> {
  let known = unpacked.get(name);
  if (!known) {
    const element = block(name);
    known = element ? unpack(element) : Promise.resolve(null);
    unpacked.set(name, known);
  }
  return known as Promise<T | null>;
}
