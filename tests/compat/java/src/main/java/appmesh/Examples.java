package appmesh;

import java.net.URI;
import software.amazon.awssdk.services.appmesh.AppMeshClient;

/** docs/clients.md quotes these. */
final class Examples {
  private Examples() {}

  static void environment() {
    AppMeshClient client = AppMeshClient.create();
    System.out.println(client.createMesh(r -> r.meshName("java-shop")).mesh().metadata().arn());
  }

  static void program() {
    AppMeshClient client =
        AppMeshClient.builder()
            .endpointOverride(URI.create(System.getenv("APPMESH_ENDPOINT"))) // http://127.0.0.1:7070
            .build();
    System.out.println(client.createMesh(r -> r.meshName("java-shop")).mesh().metadata().arn());
  }
}
