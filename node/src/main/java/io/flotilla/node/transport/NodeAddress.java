package io.flotilla.node.transport;

/** Where a process listens or is found. @param host a name or an address without brackets */
public record NodeAddress(String host, int port) {
    public NodeAddress {
        if (host.isBlank() || port < 0 || port > 65_535) {
            throw new IllegalArgumentException("not a host and port: " + host + ":" + port);
        }
    }

    /** @throws IllegalArgumentException if {@code text} is not {@code host:port} */
    public static NodeAddress parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon <= 0) {
            throw new IllegalArgumentException("not host:port: " + text);
        }
        try {
            return new NodeAddress(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("not host:port: " + text, e);
        }
    }

    /** The Akka address of a node there. */
    public String akka() {
        return "akka://" + NodeSystem.NAME + "@" + host + ":" + port;
    }

    @Override
    public String toString() {
        return host + ":" + port;
    }
}
