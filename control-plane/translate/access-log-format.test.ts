import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { everyOperator, formatRefusal } from "./access-log-format.js";

describe("formatRefusal", () => {
  it("lets pass what Envoy takes", () => {
    for (const format of [
      "",
      "no operators, 100%%\n",
      "%%%RESPONSE_CODE%%%",
      '[%START_TIME%] %START_TIME(%Y/%m/%dT%H:%M:%S%z %s)% "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH):256%"',
      "%REQ(user-agent):10%|%RESP(x)%|%TRAILER(grpc-status)%|%DYNAMIC_METADATA(a:b:c):5%",
      "%UPSTREAM_HOST% %UPSTREAM_CLUSTER% %GRPC_STATUS% %ROUTE_NAME% %PROTOCOL%",
      "%GRPC_STATUS(NUMBER)% %GRPC_STATUS(SNAKE_STRING)% %GRPC_STATUS()% %PATH% %PATH:9% %PATH(NQ)% %PATH(WQ:ORIG_OR_PATH):9%",
      "%COMMON_DURATION(DS_RX_BEG:US_TX_END:us)% %METADATA(ROUTE:a:b):9% %FILTER_STATE(a:FIELD:b):9%",
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
        "%GRPC_STATUS(number)%",
        "%PATH(NQ:URL)%",
        "%COMMON_DURATION%",
        "%FILTER_STATE(a:FIELD)%",
        "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(MASK_PREFIX_LEN=16)%",
      ].map(formatRefusal),
      [
        'no command operator begins with "%"',
        'no command operator begins with "% of %RESPONSE_CODE%"',
        "%NOPE%: Envoy has no such command operator, or not in all of its versions that are served",
        "%REQ%: it is written as in %REQ(X-REQUEST-ID)% or %REQ(X-PATH?:PATH):100%",
        "%REQ(a?b?c)%: it is written as in %REQ(X-REQUEST-ID)% or %REQ(X-PATH?:PATH):100%",
        "%RESPONSE_CODE(x)%: it takes no parameters and no length",
        "%BYTES_SENT:3%: it takes no parameters and no length",
        "%START_TIME:3%: it takes no length",
        "%REQ(a\nb)%: its parameters hold a line break",
        'no command operator begins with "%lower%"',
        "%GRPC_STATUS(number)%: it is written as in %GRPC_STATUS% or %GRPC_STATUS(NUMBER)%",
        "%PATH(NQ:URL)%: it is written as in %PATH% or %PATH(NQ:ORIG):100%",
        "%COMMON_DURATION%: it is written as in %COMMON_DURATION(DS_RX_BEG:DS_TX_END:ms)%",
        "%FILTER_STATE(a:FIELD)%: it is written as in %FILTER_STATE(KEY:PLAIN)%",
        "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(MASK_PREFIX_LEN=16)%: it takes no parameters and no length",
      ],
    );
  });

  it("takes nothing that is not tried with Envoys of all versions, in a case of the golden files", () => {
    const file = new URL("../../translate/testdata/access-log-operators.input.json", import.meta.url);
    const { virtualNodes } = JSON.parse(readFileSync(file, "utf8"));
    const tried = virtualNodes.front.logging.accessLog.file.format.json;
    assert.deepEqual(
      tried.map(({ value }: { readonly value: string }) => value),
      everyOperator,
    );
    assert.deepEqual(
      everyOperator.filter((operator) => formatRefusal(operator) !== undefined),
      [],
    );
  });
});
