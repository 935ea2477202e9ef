// Does many things side by side, as many as the machine has room for.
import { idleCores } from "./cpu.mjs";

/**
 * Does `work` for every item, in their order: for `least` of them at a time, and for up to `most` of them as long as
 * half a core or more has nothing to do. What waits most of its time lets others compute, and what computes is not
 * made late by others.
 * @param {() => boolean} stopped whether to begin nothing more
 */
export async function pool(
  items,
  work,
  { least, most, stopped = () => false, idle = idleCores(), every = 1_000 },
) {
  const left = [...items];
  const running = new Set();
  let failure;
  const begin = () => {
    const task = work(left.shift())
      .catch((error) => {
        failure ??= { error };
      })
      .finally(() => running.delete(task));
    running.add(task);
  };
  let look;
  const looked = () =>
    new Promise((resolve) => {
      look = setTimeout(resolve, every, "looked");
    });
  const more = () => left.length > 0 && !stopped() && failure === undefined;
  while (more() || running.size > 0) {
    while (more() && running.size < least) begin();
    const roomier = more() && running.size < most;
    idle();
    const why = await Promise.race([...running, ...(roomier ? [looked()] : [])]);
    clearTimeout(look);
    if (why === "looked" && more() && idle() >= 0.5) begin();
  }
  if (failure) throw failure.error;
}
