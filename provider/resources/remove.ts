import { setTimeout as sleep } from "node:timers/promises";
import type { Address } from "../client/appmesh.js";
import { isInUse, isNotFound } from "../client/errors.js";
import { dependents } from "./dependents.js";
import { describeAddress, parseId } from "./identity.js";
import { type Context, refuse } from "./operations.js";
import type { ResourceType } from "./types.js";

/** Waits between tries to delete something that is in use, in milliseconds; the last one repeats. */
const WAITS = [250, 500, 1_000, 2_000];
/** The part of a time limit after which no more is waited, so that there is time left to tell why. */
const USED_UP = 0.9;
/** More are not named: the message would get no clearer. */
const NAMED = 10;

/**
 * Deletes the entity; one that is gone already is fine. What is in use may be free in a moment, since the engine deletes
 * what does not depend on each other at the same time: it is tried again until the custom timeout is nearly over, or
 * without one, as long as what uses the entity becomes another or less.
 */
export async function remove(type: ResourceType, id: string, context: Context): Promise<void> {
  const address = parseId(type, id);
  const { appMesh, call, timeLimit } = context;
  const end = timeLimit === undefined ? undefined : performance.now() + timeLimit * USED_UP;
  let users: readonly string[] | undefined;
  for (let tries = 0; ; tries++) {
    const inUse = await appMesh.delete(address, call).then(
      () => undefined,
      (error: unknown) => {
        if (isNotFound(error)) return undefined;
        return isInUse(error) ? (error as Error) : refuse("delete", address, error);
      },
    );
    if (inUse === undefined) return;

    const wait = WAITS[Math.min(tries, WAITS.length - 1)] as number;
    if (end !== undefined) {
      if (performance.now() + wait > end) throw refusal(address, await usersOf(address, context), inUse);
    } else if (tries >= WAITS.length) {
      const now = await usersOf(address, context);
      if (users !== undefined && now.join() === users.join()) throw refusal(address, now, inUse);
      users = now;
    }
    // A cancellation ends the next try.
    await sleep(wait, undefined, call.signal && { signal: call.signal }).catch(() => undefined);
  }
}

/** None, where they cannot be found out. */
const usersOf = async (address: Address, context: Context): Promise<readonly string[]> =>
  (await dependents(address, context).catch(() => [])).map(describeAddress);

const isNamedByOthers = ({ kind }: Address): boolean =>
  kind === "virtualNode" || kind === "virtualRouter" || kind === "virtualService";
const REPLACED =
  " Where it is to be replaced, let the new one have another name and come first, without deleteBeforeReplace.";

function refusal(address: Address, users: readonly string[], error: Error): Error {
  const more = users.length > NAMED ? ` and ${users.length - NAMED} more` : "";
  const names = users.length === 0 ? "" : ` It is used by ${users.slice(0, NAMED).join(", ")}${more}.`;
  return new Error(
    `${describeAddress(address)} cannot be deleted while it is in use.${names} Delete what uses it first, or change it to ` +
      `use something else.${isNamedByOthers(address) ? REPLACED : ""} (${error.message})`,
  );
}
