import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import { StoreUnavailable } from "../store.js";
import { TableClock } from "./table-clock.js";

/** Where a table is, and who asks for it. */
export interface TablePlace {
  readonly table: string;
  /** AWS region of the table. */
  readonly region: string;
  /** URL of another endpoint than AWS's own, such as DynamoDB Local's. */
  readonly endpoint?: string | undefined;
}

/** How long one request may take. DynamoDB answers within some milliseconds: whoever is slower than this is away. */
const REQUEST_MILLISECONDS = 3_000;
const CONNECT_MILLISECONDS = 1_000;

/**
 * What a failed request means: `unsent` was not carried out and may be sent again; `lost` may have been carried out;
 * `refused` was not carried out, and will not be as long as nobody changes something.
 */
export type Failure = "unsent" | "lost" | "refused";

/** DynamoDB's operations on one table, each sent once, with failures told apart. */
export class Calls {
  readonly clock = new TableClock();

  private constructor(
    readonly place: TablePlace,
    private readonly client: DynamoDB,
  ) {}

  /** The SDK is loaded only here: who keeps everything in a file does without it. */
  static async open(place: TablePlace): Promise<Calls> {
    const { DynamoDB } = await import("./sdk.js");
    const client = new DynamoDB({
      region: place.region,
      ...(place.endpoint !== undefined && { endpoint: place.endpoint }),
      // Whether a request may be sent again depends on what it was; who sends it decides.
      maxAttempts: 1,
      requestHandler: {
        connectionTimeout: CONNECT_MILLISECONDS,
        requestTimeout: REQUEST_MILLISECONDS,
        throwOnRequestTimeout: true,
      },
    });
    const calls = new Calls(place, client);
    client.middlewareStack.add(
      (next) => async (request) => {
        const askedAt = Date.now();
        const answer = await next(request);
        const { date } = (answer.response as { headers?: Record<string, string> }).headers ?? {};
        if (date !== undefined) calls.clock.heard(date, askedAt, Date.now());
        return answer;
      },
      // As close to the wire as can be: also what is refused tells the time.
      { step: "deserialize", priority: "low" },
    );
    return calls;
  }

  get table(): string {
    return this.place.table;
  }

  /** The table, as errors name it. */
  get where(): string {
    const { table, region, endpoint } = this.place;
    return `the DynamoDB table ${table} in ${region}${endpoint === undefined ? "" : ` at ${endpoint}`}`;
  }

  /**
   * Sends one request. What it throws is DynamoDB's own error. One that was refused because this machine's clock is wrong
   * is sent again by DynamoDB's clock, which the refusal has told.
   */
  async send<T>(
    request: (client: DynamoDB, options: { abortSignal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    const once = () => request(this.client, { abortSignal: AbortSignal.timeout(REQUEST_MILLISECONDS) });
    try {
      return await once();
    } catch (error) {
      if (!isClockPutRight(error)) throw error;
      return once();
    }
  }

  /** Sends a request that changes nothing, again and again for up to `milliseconds`; throws StoreUnavailable after that. */
  async read<T>(request: Parameters<typeof this.send<T>>[0], milliseconds = 0): Promise<T> {
    const end = performance.now() + milliseconds;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.send(request);
      } catch (error) {
        if (failureOf(error) === "refused" || performance.now() >= end) throw this.unavailable(error);
        await backoff(attempt);
      }
    }
  }

  /** The same error in the words of a store. */
  unavailable(error: unknown): StoreUnavailable {
    if (error instanceof StoreUnavailable) return error;
    return new StoreUnavailable(`${this.where} ${explained(error as Error, this.place)}`, { cause: error });
  }

  close(): void {
    this.client.destroy();
  }
}

const isClockPutRight = (error: unknown): boolean =>
  (error as { $metadata?: { clockSkewCorrected?: boolean } }).$metadata?.clockSkewCorrected === true;

const THROTTLED =
  /^(ProvisionedThroughputExceededException|ThrottlingException|ThrottledException|RequestLimitExceeded|LimitExceededException|TooManyRequestsException|TransactionConflictException)$/;

const NOT_CONNECTED = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;

export function failureOf(error: unknown): Failure {
  const { name, message, code, $metadata } = error as Error & {
    code?: string;
    $metadata?: { httpStatusCode?: number };
  };
  if (
    THROTTLED.test(name) ||
    NOT_CONNECTED.test(code ?? "") ||
    /did not establish a connection/.test(message)
  )
    return "unsent";
  const status = $metadata?.httpStatusCode;
  if (name === "TransactionInProgressException" || (status !== undefined && status >= 500)) return "lost";
  // Whoever may not sign has sent nothing.
  if (status !== undefined || /^(CredentialsProviderError|TokenProviderError)$/.test(name)) return "refused";
  return "lost";
}

/** Waits longer each time, from 25 ms to 800 ms, each give or take a half, so that replicas do not come back together. */
export const backoff = (attempt: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.min(25 * 2 ** attempt, 800) * (0.5 + Math.random())));

/** What AWS's DynamoDB and DynamoDB Local say of a request whose keys are not the table's. */
const OTHER_KEYS =
  /key element does not match the schema|missed key schema element|conditions on the keys is invalid|[Tt]ype mismatch for key|does not match schema type/;

function explained(error: Error & { code?: string }, { table, region, endpoint }: TablePlace): string {
  const { name, code } = error;
  const message = error.message.replace(/\.$/, "");
  // The SDK takes a connection that breaks for one that takes too long.
  if (code === "ECONNRESET" || code === "EPIPE") return `broke the connection (${code})`;
  if (NOT_CONNECTED.test(code ?? "")) {
    return `cannot be reached: ${message}. Look whether this machine may connect there, and whether --region and the endpoint are right`;
  }
  switch (name) {
    case "ResourceNotFoundException": {
      const there = `--table ${table} --region ${region}${endpoint === undefined ? "" : ` --dynamodb-endpoint ${endpoint}`}`;
      return `does not exist, or is still being made or restored. Create it by appmesh table create ${there}, or give another one, by --table NAME and --region REGION`;
    }
    case "AccessDeniedException":
      return `may not be used: ${message}. Allow this program's role what docs/replicas.md lists`;
    case "ExpiredTokenException":
    case "InvalidSignatureException":
    case "UnrecognizedClientException":
      return `does not take this program's AWS credentials: ${message}. Give it others, by a role of the task or machine, or by AWS_PROFILE`;
    case "CredentialsProviderError":
    case "TokenProviderError":
      return `cannot be asked without AWS credentials, ${withoutCredentials(message, process.env.AWS_PROFILE)}`;
    case "ValidationException":
      if (!OTHER_KEYS.test(message)) break;
      return `is another program's: its keys are not pk (S) and sk (S) (${message}). Give another one, by --table NAME`;
    case "TimeoutError":
    case "AbortError":
      return `did not answer within ${REQUEST_MILLISECONDS / 1000} seconds`;
  }
  return `cannot be used: ${name === "Error" ? "" : `${name}: `}${message}`;
}

function withoutCredentials(message: string, profile: string | undefined): string {
  // Who was asked and had some that cannot be used says why, such as that a session has ended, and what to do.
  if (message !== "Could not load credentials from any providers") return `which cannot be had: ${message}`;
  return profile
    ? `and none were found by AWS_PROFILE=${profile}. Give the task or machine a role, or set AWS_PROFILE to another one`
    : "and none were found. Give the task or machine a role, or set AWS_PROFILE";
}
