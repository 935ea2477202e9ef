/** Values by key for as long as somebody else holds them: what makes equal things the same thing. */
export class WeakTable<V extends object> {
  private readonly references = new Map<string, WeakRef<V>>();
  private readonly registry = new FinalizationRegistry<string>((key) => {
    // The key may have been given to a new value since.
    if (this.references.get(key)?.deref() === undefined) this.references.delete(key);
  });

  get size(): number {
    return this.references.size;
  }

  get(key: string): V | undefined {
    return this.references.get(key)?.deref();
  }

  set(key: string, value: V): void {
    this.references.set(key, new WeakRef(value));
    this.registry.register(value, key);
  }
}
