/** More calls than the engine has under way at a time; one that is forgotten is only read anew. */
const remembered = 64;

/**
 * What was read once for all rules of a call of the engine. Pulumi's SDK reads a resource anew for every rule and does not
 * say in which call; but the rules of one call come one after the other, while calls about other resources may come in
 * between. So the first rule that asks for the same again begins another call.
 */
export class PerCall<T> {
  readonly #calls = new Map<string, { readonly value: T; readonly asked: Set<string> }>();

  /** @param about what the call is about: a URN. */
  get(about: string, rule: string, read: () => T): T {
    const call = this.#calls.get(about);
    if (call !== undefined && !call.asked.has(rule)) {
      call.asked.add(rule);
      return call.value;
    }
    const value = read();
    this.#calls.delete(about);
    this.#calls.set(about, { value, asked: new Set([rule]) });
    const [oldest] = this.#calls.keys();
    if (this.#calls.size > remembered && oldest !== undefined) this.#calls.delete(oldest);
    return value;
  }
}
