/** Who asks for something. Every operation takes one: what it may see and change depends on the account. */
export interface Caller {
  /** The account that acts: it owns what it creates, and names no owner where it means its own meshes. */
  readonly account: string;
  /** The key by which the caller proved who it is; undefined where the control plane asks for none. */
  readonly accessKeyId: string | undefined;
  /** Which meshes the caller may know of, among those that its account sees. Missing: all of them. */
  readonly sees?: (mesh: { readonly meshName: string; readonly meshOwner: string }) => boolean;
  /** The id of the request by which the caller asks, and the address and port that it came from. */
  readonly requestId?: string;
  readonly peer?: string;
}
