import assert from "node:assert/strict";
import { formatRefusal } from "./access-log-format.js";

describe("formatRefusal", () => {
  it("lets pass what Envoy takes", () => {
    for (const format of [
      "",
      "no operators, 100%%\n",
      "%%%RESPONSE_CODE%%%",
      '[%START_TIME%] %START_TIME(%Y/%m/%dT%H:%M:%S%z %s)% "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH):256%"',
      "%REQ(user-agent):10%|%RESP(x)%|%TRAILER(grpc-status)%|%DYNAMIC_METADATA(a:b:c):5%",
      "%UPSTREAM_HOST% %UPSTREAM_CLUSTER% %GRPC_STATUS% %ROUTE_NAME% %PROTOCOL%",
    ]) {
      assert.equal(formatRefusal(format), undefined, format);
    }
  });

  it("says what Envoy would not take", () => {
    assert.deepEqual(
      [
        "%",
        "50% of %RESPONSE_CODE%",
        "%NOPE%",
        "%REQ%",
        "%REQ(a?b?c)%",
        "%RESPONSE_CODE(x)%",
        "%BYTES_SENT:3%",
        "%START_TIME:3%",
        "%REQ(a\nb)%",
        "%lower%",
      ].map(formatRefusal),
      [
        'no command operator begins with "%"',
        'no command operator begins with "% of %RESPONSE_CODE%"',
        "%NOPE%: Envoy has no such command operator",
        "%REQ%: it is written as in %REQ(X-REQUEST-ID)% or %REQ(X-PATH?:PATH):100%",
        "%REQ(a?b?c)%: it is written as in %REQ(X-REQUEST-ID)% or %REQ(X-PATH?:PATH):100%",
        "%RESPONSE_CODE(x)%: it takes no parameters and no length",
        "%BYTES_SENT:3%: it takes no parameters and no length",
        "%START_TIME:3%: it takes no length",
        "%REQ(a\nb)%: its parameters hold a line break",
        'no command operator begins with "%lower%"',
      ],
    );
  });
});
