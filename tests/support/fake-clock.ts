// Processes whose clock is another than the machine's: Debian's libfaketime, which comes between them and the C library.
import { spawnSync } from "node:child_process";
import { existsSync, globSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { temporaryFolder } from "./control-plane.js";

const places = ["/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib/faketime/libfaketimeMT.so.1"];
const find = () => places.flatMap((place) => globSync(place))[0];

let library: string | undefined;

/** Why no clock can be changed here; undefined where it can. It installs what Debian and its kin have for it. */
export function fakeClockMissing(): string | undefined {
  if (process.platform !== "linux") return "libfaketime is Linux's";
  library = find();
  if (library === undefined && process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    const install = () =>
      spawnSync("apt-get", ["install", "-y", "--no-install-recommends", "libfaketime"], {
        stdio: "ignore",
        env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      }).status === 0;
    if (!install()) {
      spawnSync("apt-get", ["update"], { stdio: "ignore" });
      install();
    }
    library = find();
  }
  return library === undefined ? "there is no libfaketime (Debian's package of that name has it)" : undefined;
}

/** The environment of a program whose clock is that many seconds ahead of this machine's, or behind it. */
export const clockOff = (seconds: number): NodeJS.ProcessEnv => ({
  LD_PRELOAD: library,
  FAKETIME: `${seconds < 0 ? "" : "+"}${seconds}s`,
  FAKETIME_DONT_FAKE_MONOTONIC: "1",
});

/** A clock that can be made to run faster, for programs that are started with `env` at about the same time. */
export class FastClock {
  readonly #file = join(temporaryFolder(), "clock");
  readonly #startedAt = Date.now();
  #rate = 1;
  #offset = 0;

  constructor() {
    this.#write();
  }

  get env(): NodeJS.ProcessEnv {
    return { LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: this.#file, FAKETIME_CACHE_DURATION: "1" };
  }

  /** Lets `seconds` pass for them in a part of that time. */
  async pass(seconds: number, rate: number): Promise<void> {
    this.#turn(rate);
    await sleep((seconds / rate) * 1000);
    this.#turn(1);
    // They read it once a second. Until then, what they wait for others to do has not its time.
    await sleep(2_100);
  }

  /** From now on it runs at this rate. It never goes back, though programs read it at different times: it jumps ahead. */
  #turn(rate: number): void {
    const age = (Date.now() - this.#startedAt) / 1000;
    const margin = 3 * Math.abs(rate - this.#rate);
    this.#offset += age * (this.#rate - rate) + margin;
    this.#rate = rate;
    this.#write();
  }

  #write(): void {
    writeFileSync(
      `${this.#file}.new`,
      `${this.#offset < 0 ? "" : "+"}${this.#offset.toFixed(3)} x${this.#rate}\n`,
    );
    renameSync(`${this.#file}.new`, this.#file);
  }
}
