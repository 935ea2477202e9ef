// Fields whose effect no test with real traffic shows, and what holds them instead. An exception goes with its test.

export const exceptions = [
  {
    fields: "virtualNode.listeners[].healthCheck.port",
    why: "it must be the listener's own port, which is checked: the API refuses any other",
  },
  {
    fields: "virtualGateway.listeners[].healthCheck*",
    why: "accepted as App Mesh accepted it, without an effect: no proxy calls a gateway. The diagnostics say so",
  },
];
