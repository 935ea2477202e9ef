package appmesh;

import com.amazonaws.services.dynamodbv2.local.monitoring.Telemetry;
import com.amazonaws.services.dynamodbv2.local.server.LocalDynamoDBRequestHandler;
import com.amazonaws.services.dynamodbv2.local.server.LocalDynamoDBServerHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.ContextHandler;

/**
 * DynamoDB Local, in memory, on a free port of the loopback: its own launcher listens on all addresses. Prints
 * the port, and ends with its standard input, so that it does not outlive who started it.
 */
public final class DynamoDb {
  private DynamoDb() {}

  public static void main(String[] args) throws Exception {
    Logger.getLogger("com.almworks.sqlite4java").setLevel(Level.WARNING);
    Telemetry.configureTelemetry("MAVEN", "IN_MEMORY", false);
    var requests = new LocalDynamoDBRequestHandler(0, true, null, true, false);
    var context = new ContextHandler();
    context.setHandler(new LocalDynamoDBServerHandler(requests, null));
    var server = new Server(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    server.setHandler(context);
    server.start();
    System.out.println("port " + ((ServerConnector) server.getConnectors()[0]).getLocalPort());
    while (System.in.read() != -1) {}
    System.exit(0);
  }
}
