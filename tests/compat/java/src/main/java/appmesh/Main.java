package appmesh;

/**
 * Calls a control plane by the AWS SDK for Java v2, as App Mesh's users do. tests/compat/java.test.ts runs it against
 * {@code appmesh serve}; the endpoint, the region and the access key come from the environment.
 */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    switch (arguments[0]) {
      case "operations" -> Operations.check();
      case "paginators" -> Paginators.check();
      case "errors" -> Errors.check();
      case "environment" -> Examples.environment();
      case "program" -> Examples.program();
      default -> throw new IllegalArgumentException(arguments[0]);
    }
    System.out.println("passed: " + arguments[0]);
  }
}
