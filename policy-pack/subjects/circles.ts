/**
 * The groups of nodes that reach one another, each group after all that it leads to (Tarjan's algorithm). A node that
 * is on no circle is a group of its own.
 */
export function circles<N>(nodes: Iterable<N>, next: (node: N) => Iterable<N>): readonly (readonly N[])[] {
  const groups: N[][] = [];
  const order = new Map<N, number>();
  const open: N[] = [];
  const isOpen = new Set<N>();
  const visit = (node: N): number => {
    const own = order.size;
    order.set(node, own);
    open.push(node);
    isOpen.add(node);
    let low = own;
    for (const to of next(node)) {
      if (!order.has(to)) low = Math.min(low, visit(to));
      else if (isOpen.has(to)) low = Math.min(low, order.get(to) as number);
    }
    if (low === own) {
      const group = open.splice(open.lastIndexOf(node));
      for (const member of group) isOpen.delete(member);
      groups.push(group);
    }
    return low;
  };
  for (const node of nodes) if (!order.has(node)) visit(node);
  return groups;
}
