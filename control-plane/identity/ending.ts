import { X509Certificate } from "node:crypto";

const DAY = 24 * 60 * 60 * 1000;
/** How long before its end a certificate should have been replaced: two weeks, or a quarter of the life of one that lives shorter. */
const SOON = 14 * DAY;
const SOON_OF_LIFE = 1 / 4;

/** What is said of a certificate that somebody else replaces, once when it ends soon and once when it has ended. */
export class Ending {
  #certificate = "";
  #from = 0;
  #until = Number.POSITIVE_INFINITY;
  #told: "soon" | "ended" | undefined;

  /** `pem` begins with the certificate. Undefined where there is nothing new to say. */
  news(pem: string, now = Date.now()): { readonly hasEnded: boolean; readonly message: string } | undefined {
    if (pem !== this.#certificate) {
      this.#certificate = pem;
      this.#told = undefined;
      [this.#from, this.#until] = validityOf(pem);
    }
    const soon = Math.min(SOON, (this.#until - this.#from) * SOON_OF_LIFE);
    const state = this.#until <= now ? "ended" : this.#until - soon <= now ? "soon" : undefined;
    if (state === undefined || state === this.#told) return undefined;
    this.#told = state;
    const end = new Date(this.#until).toISOString();
    const wayOut = "Move another one, with its key, into the place of its files";
    return state === "ended"
      ? { hasEnded: true, message: `has ended at ${end}: whoever checks it does not connect. ${wayOut}` }
      : { hasEnded: false, message: `ends at ${end}. ${wayOut}` };
  }
}

/** Of what a server can be made with, and this cannot read, no end is known: that is nothing to stop for. */
function validityOf(pem: string): readonly [number, number] {
  try {
    const { validFromDate, validToDate } = new X509Certificate(pem);
    return [validFromDate.getTime(), validToDate.getTime()];
  } catch {
    return [0, Number.POSITIVE_INFINITY];
  }
}
