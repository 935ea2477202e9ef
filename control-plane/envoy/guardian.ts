import { type ChildProcess, spawn } from "node:child_process";

/**
 * A small process that outlives this one, and stops what this one started should it die without doing so itself
 * (SIGKILL, out of memory). It hears of that by its standard input, which ends with this process.
 */
export class Guardian {
  readonly #shell: ChildProcess;

  /** @param folder removed at the end. */
  constructor(folder: string) {
    this.#shell = spawn("/bin/sh", ["-c", script, "appmesh-guardian", folder], {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    });
    // Without it, only the case above goes unguarded.
    this.#shell.on("error", () => {});
    this.#shell.stdin?.on("error", () => {});
    this.#shell.unref();
  }

  /** Watches over a process that leads a process group. */
  guard(pid: number): void {
    this.#shell.stdin?.write(`${pid}\n`);
  }

  /** It has ended, and its number may be somebody else's soon. */
  release(pid: number): void {
    this.#shell.stdin?.write(`-${pid}\n`);
  }

  /** Nothing is left to watch over. */
  close(): void {
    this.#shell.stdin?.end();
  }
}

const script = `
groups=" "
while read -r pid; do
  case $pid in
    -*) groups=$(printf %s "$groups" | sed "s/ $pid / /") ;;
    *) groups="$groups-$pid " ;;
  esac
done
rm -rf "$1"
[ "$groups" = " " ] && exit 0
kill -s TERM -- $groups
sleep 5
kill -s KILL -- $groups
`;
