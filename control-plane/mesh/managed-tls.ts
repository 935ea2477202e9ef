import type { ManagedTlsMode, ManagedTlsSetting } from "../translate/entities.js";

/**
 * The steps between plain text and TLS. Two that are next to each other go together: a proxy that has taken one and a
 * proxy that has not yet understand each other. So no request is lost on the way, in either direction.
 */
export const steps = [
  { listeners: "plaintext", callers: "plaintext" },
  { listeners: "both", callers: "plaintext" },
  { listeners: "both", callers: "tls" },
  { listeners: "tls", callers: "tls" },
] as const;

const destination: Readonly<Record<ManagedTlsMode, number>> = { OFF: 0, PERMISSIVE: 2, STRICT: 3 };

export const modes = Object.keys(destination) as readonly ManagedTlsMode[];

/** Longer than a proxy takes that has lost its control plane for a moment. */
export const DEFAULT_SETTLE_SECONDS = 30;

/** The index of the step that is in force at a time, in seconds since 1970. */
export function stepAt({ mode, settleSeconds, from, at }: ManagedTlsSetting, seconds: number): number {
  if (seconds < at) return from;
  const to = destination[mode];
  const taken = Math.min(Math.abs(to - from), 1 + Math.floor((seconds - at) / settleSeconds));
  return from + Math.sign(to - from) * taken;
}

/** When the next step is taken, in seconds since 1970; undefined where the last one is. */
export function nextStepAt(setting: ManagedTlsSetting, seconds: number): number | undefined {
  const { mode, settleSeconds, from, at } = setting;
  if (stepAt(setting, seconds) === destination[mode]) return undefined;
  return seconds < at || from === destination[mode]
    ? at
    : at + (1 + Math.floor((seconds - at) / settleSeconds)) * settleSeconds;
}

/** What a setting means at a time, in seconds since 1970, and until when. */
export const managedTlsStep = (setting: ManagedTlsSetting, seconds: number) => ({
  ...(steps[stepAt(setting, seconds)] ?? steps[0]),
  until: nextStepAt(setting, seconds),
});

/** When the last step was, or will have been, given its time. */
const settledAt = ({ mode, settleSeconds, from, at }: ManagedTlsSetting, seconds: number): number => {
  const taken =
    seconds < at
      ? 0
      : Math.min(Math.abs(destination[mode] - from), 1 + Math.floor((seconds - at) / settleSeconds));
  return taken === 0 ? at : at + taken * settleSeconds;
};

/** What a setting becomes when something else is wanted from now on: each step still has its time. */
export function changedTo(
  before: ManagedTlsSetting | undefined,
  mode: ManagedTlsMode,
  settleSeconds: number,
  seconds: number,
): ManagedTlsSetting {
  if (before === undefined) return { mode, settleSeconds, from: 0, at: seconds };
  if (before.mode === mode && before.settleSeconds === settleSeconds) return before;
  return {
    mode,
    settleSeconds,
    from: stepAt(before, seconds),
    at: Math.max(seconds, settledAt(before, seconds)),
  };
}
