/** CPU units and MiB of a task. */
export interface TaskSize {
  readonly cpu: number;
  readonly memory: number;
}

interface FargateCpu {
  readonly cpu: number;
  readonly from: number;
  readonly to: number;
  /** From one size of memory to the next. */
  readonly step: number;
}

/** What Fargate offers on Linux (Amazon ECS Developer Guide, task size). 256 CPU units have 512, 1,024 and 2,048 MiB. */
const offers: readonly FargateCpu[] = [
  { cpu: 256, from: 1024, to: 2048, step: 1024 },
  { cpu: 512, from: 1024, to: 4096, step: 1024 },
  { cpu: 1024, from: 2048, to: 8192, step: 1024 },
  { cpu: 2048, from: 4096, to: 16384, step: 1024 },
  { cpu: 4096, from: 8192, to: 30720, step: 1024 },
  { cpu: 8192, from: 16384, to: 61440, step: 4096 },
  { cpu: 16384, from: 32768, to: 122880, step: 8192 },
];

/** Every size that Fargate offers, the smallest first. */
export const fargateSizes: readonly TaskSize[] = [
  { cpu: 256, memory: 512 },
  ...offers.flatMap(({ cpu, from, to, step }) =>
    Array.from({ length: (to - from) / step + 1 }, (_, index) => ({ cpu, memory: from + index * step })),
  ),
];

export const isFargateSize = ({ cpu, memory }: TaskSize): boolean =>
  fargateSizes.some((size) => size.cpu === cpu && size.memory === memory);

/** The smallest size that Fargate offers for so much; undefined if none is large enough. */
export const fargateSizeFor = ({ cpu, memory }: TaskSize): TaskSize | undefined =>
  fargateSizes.find((size) => size.cpu >= cpu && size.memory >= memory);

/** What Fargate offers with so many CPU units, in words; undefined where that is nothing. */
export function fargateMemory(cpu: number): string | undefined {
  const offer = offers.find((each) => each.cpu === cpu);
  if (offer === undefined) return undefined;
  const { from, to, step } = offer;
  return cpu === 256 ? "512, 1024 or 2048 MiB" : `${from} to ${to} MiB in steps of ${step}`;
}

export const fargateCpus: readonly number[] = offers.map(({ cpu }) => cpu);
