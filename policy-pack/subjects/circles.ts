/**
 * The groups of nodes that reach one another, each group after all that it leads to (Tarjan's algorithm). A node that
 * is on no circle is a group of its own. It keeps its own stack: a chain may be longer than calls can be deep.
 */
export function circles<N>(nodes: Iterable<N>, next: (node: N) => Iterable<N>): readonly (readonly N[])[] {
  const groups: N[][] = [];
  const order = new Map<N, number>();
  /** By node that is in no group yet: the earliest node that it reaches. */
  const low = new Map<N, number>();
  const open: N[] = [];
  const lower = (node: N, to: number) => low.set(node, Math.min(low.get(node) as number, to));
  for (const start of nodes) {
    if (order.has(start)) continue;
    const way: { readonly node: N; readonly onward: Iterator<N> }[] = [];
    const enter = (node: N) => {
      low.set(node, order.size);
      order.set(node, order.size);
      open.push(node);
      way.push({ node, onward: next(node)[Symbol.iterator]() });
    };
    enter(start);
    for (let at = way.at(-1); at !== undefined; at = way.at(-1)) {
      const { node, onward } = at;
      const { done, value: to } = onward.next();
      if (!done) {
        if (!order.has(to)) enter(to);
        else if (low.has(to)) lower(node, order.get(to) as number);
        continue;
      }
      way.pop();
      const reached = low.get(node) as number;
      const above = way.at(-1);
      if (above !== undefined) lower(above.node, reached);
      if (reached !== order.get(node)) continue;
      const group = open.splice(open.lastIndexOf(node));
      for (const member of group) low.delete(member);
      groups.push(group);
    }
  }
  return groups;
}
