package io.flotilla.node.transport.control;

/** @param payload empty unless ok; must not be modified. @param error one line for people, empty if ok */
public record AdminReply(boolean ok, byte[] payload, String error) {
    private static final byte[] NOTHING = new byte[0];

    public static AdminReply of(byte[] payload) {
        return new AdminReply(true, payload, "");
    }

    public static AdminReply failed(String error) {
        return new AdminReply(false, NOTHING, error);
    }
}
