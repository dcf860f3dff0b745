// Resizes pixels as Pillow and PyTorch (antialias) do: the centers of the pixels of both images lie on one scale, a
// smaller image averages over all of the larger one, and weights that fall outside are left out. libvips, which
// decodes, does none of the three (half a pixel off when it enlarges, boxes before it reduces, repeated edges), and
// models are sensitive to it.

export type Size = { readonly width: number; readonly height: number };

type Kernel = { readonly radius: number; readonly weight: (distance: number) => number };

// Distances are in pixels, of the smaller of the two images.
const kernels = {
  nearest: { radius: 0, weight: () => 1 },
  bilinear: { radius: 1, weight: (x) => Math.max(0, 1 - x) },
  // https://doi.org/10.1109/TASSP.1981.1163711, a = −0.5
  bicubic: {
    radius: 2,
    weight: (x) => (x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0),
  },
  lanczos: { radius: 3, weight: (x) => (x < 3 ? sinc(x) * sinc(x / 3) : 0) },
} as const satisfies Record<string, Kernel>;

/** Bytes of `to.height × to.width × channels`. */
export function resize(
  pixels: Uint8Array,
  from: Size,
  to: Size,
  channels: number,
  interpolation: keyof typeof kernels,
): Uint8Array {
  const kernel = kernels[interpolation];
  const across = tapsOf(from.width, to.width, kernel);
  const down = tapsOf(from.height, to.height, kernel);
  const wide = resizeRows(pixels, from, to.width, channels, across);
  const row = to.width * channels;
  // Rounds to the nearest and clamps, once, at the end.
  const out = new Uint8ClampedArray(row * to.height);
  const sums = new Float32Array(row);
  for (let y = 0; y < to.height; y++) {
    sums.fill(0);
    for (let tap = down.ends[y] as number; tap < (down.ends[y + 1] as number); tap++) {
      const weight = down.weights[tap] as number;
      const start = (down.places[tap] as number) * row;
      for (let i = 0; i < row; i++) (sums[i] as number) += weight * (wide[start + i] as number);
    }
    out.set(sums, y * row);
  }
  return new Uint8Array(out.buffer);
}

function resizeRows(
  pixels: Uint8Array,
  { width, height }: Size,
  newWidth: number,
  channels: number,
  { ends, places, weights }: Taps,
): Float32Array {
  const out = new Float32Array(newWidth * height * channels);
  for (let y = 0, at = 0; y < height; y++) {
    const row = y * width * channels;
    for (let x = 0; x < newWidth; x++) {
      const first = ends[x] as number;
      const end = ends[x + 1] as number;
      if (channels === 3) {
        // By far the usual case, twice as fast this way.
        let [red, green, blue] = [0, 0, 0];
        for (let tap = first, from = row + (places[first] as number) * 3; tap < end; tap++, from += 3) {
          const weight = weights[tap] as number;
          red += weight * (pixels[from] as number);
          green += weight * (pixels[from + 1] as number);
          blue += weight * (pixels[from + 2] as number);
        }
        out[at++] = red;
        out[at++] = green;
        out[at++] = blue;
        continue;
      }
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (let tap = first; tap < end; tap++) {
          sum +=
            (weights[tap] as number) * (pixels[row + (places[tap] as number) * channels + channel] as number);
        }
        out[at++] = sum;
      }
    }
  }
  return out;
}

/** Pixel i of the result is made of the source's at `places`, of tap `ends[i]` to before `ends[i + 1]`. */
type Taps = { readonly ends: Int32Array; readonly places: Int32Array; readonly weights: Float32Array };

function tapsOf(from: number, to: number, { radius, weight }: Kernel): Taps {
  const ends = new Int32Array(to + 1);
  const places: number[] = [];
  const weights: number[] = [];
  const scale = Math.max(1, from / to);
  for (let i = 0; i < to; i++) {
    const center = ((i + 0.5) * from) / to - 0.5;
    const nearest = Math.floor(center + 0.5);
    const isOne = radius === 0 || from === to;
    const first = isOne ? nearest : Math.max(0, Math.ceil(center - radius * scale));
    const last = isOne ? nearest : Math.min(from - 1, Math.floor(center + radius * scale));
    const shares: number[] = [];
    for (let at = first; at <= last; at++) {
      shares.push(isOne ? 1 : weight(Math.abs(at - center) / scale));
      places.push(at);
    }
    const sum = shares.reduce((total, share) => total + share, 0);
    for (const share of shares) weights.push(share / sum);
    ends[i + 1] = places.length;
  }
  return { ends, places: Int32Array.from(places), weights: Float32Array.from(weights) };
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}
