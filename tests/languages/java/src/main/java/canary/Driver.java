package canary;

import com.google.gson.Gson;
import com.pulumi.automation.ConfigValue;
import com.pulumi.automation.LocalWorkspace;
import com.pulumi.automation.LocalWorkspaceOptions;
import com.pulumi.automation.OperationType;
import com.pulumi.automation.UpdateSummary;
import com.pulumi.automation.WorkspaceStack;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** Runs the program of examples/canary-java inline, as standard input asks: see ../driver.ts. */
public final class Driver {
    private Driver() {}

    public static void main(String[] args) throws Exception {
        var options = LocalWorkspaceOptions.builder().workDir(Path.of(args[0])).build();
        try (var stack = LocalWorkspace.createOrSelectStack("canary", "test", Canary::program, options);
            var lines = new BufferedReader(new InputStreamReader(System.in))) {
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                Map<String, ?> answer;
                try {
                    answer = answer(stack, line.split(" "));
                } catch (Exception error) {
                    answer = Map.of("error", error.toString());
                }
                System.out.println("answer " + new Gson().toJson(answer));
            }
        }
    }

    private static Map<String, ?> answer(WorkspaceStack stack, String[] command) throws Exception {
        switch (command[0]) {
            case "config":
                stack.setConfig(command[1], new ConfigValue(command[2]));
                return Map.of();
            case "preview":
                return Map.of("changes", counts(stack.preview().changeSummary()));
            case "up":
                var result = stack.up();
                var outputs = new TreeMap<String, Object>();
                result.outputs().forEach((name, output) -> outputs.put(name, output.value()));
                return Map.of("changes", counts(result.summary()), "outputs", outputs);
            case "refresh":
                return Map.of("changes", counts(stack.refresh().summary()));
            case "destroy":
                return Map.of("changes", counts(stack.destroy().summary()));
            default:
                throw new IllegalArgumentException("no command " + command[0]);
        }
    }

    private static Map<String, Integer> counts(UpdateSummary summary) {
        return counts(summary.resourceChanges());
    }

    private static Map<String, Integer> counts(Map<OperationType, Integer> changes) {
        var counts = new TreeMap<String, Integer>();
        changes.forEach((operation, count) -> counts.put(operation.toString().toLowerCase(), count));
        return counts;
    }
}
