// Numbers, sizes and times as people read them. Everything here is a pure function.

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export const count = number => whole.format(number);

/** A rate: whole below ten thousand, then shortened. */
export const rate = number => number < 10_000 ? (number < 10 ? oneDigit : whole).format(number) : short.format(number);

export const share = number => number === null ? "–" : `${oneDigit.format(Math.floor(number * 1000) / 10)}%`;

/** Bytes in binary units. */
export function bytes(number) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (number >= 1024 && unit < units.length - 1) {
    number /= 1024;
    unit++;
  }

  return `${(number < 100 && unit > 0 ? oneDigit : whole).format(number)} ${units[unit]}`;
}

/** A short time, given in seconds. */
export function wait(seconds) {
  if (seconds === null) {
    return "–";
  }

  const [number, unit] = seconds < 1e-3 ? [seconds * 1e6, "µs"] : seconds < 1 ? [seconds * 1e3, "ms"] : [seconds, "s"];
  return `${(number < 10 ? oneDigit : whole).format(number)} ${unit}`;
}

/** A long time, given in seconds, in its two largest units. */
export function age(seconds) {
  const parts = [[86_400, "d"], [3_600, "h"], [60, "min"], [1, "s"]];
  const first = parts.findIndex(([size]) => seconds >= size);
  if (first < 0) {
    return "0 s";
  }

  let rest = Math.floor(seconds);
  return parts.slice(first, first + 2)
    .map(([size, unit]) => {
      const number = Math.floor(rest / size);
      rest -= number * size;
      return number > 0 ? `${number} ${unit}` : "";
    })
    .filter(part => part)
    .join(" ");
}

/** A time of day of this browser's zone. */
export const clock = time => time.toLocaleTimeString("en-GB");
