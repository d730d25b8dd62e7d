package io.flotilla.node.transport.control;

/**
 * What control actors say to each other, as Jackson CBOR. Fields may be added; a missing one reads as null, zero or false.
 */
public sealed interface ControlMessage extends ControlCommand {
    /**
     * Who I am.
     *
     * @param clusterId empty before bootstrap
     * @param incarnation random, one per process start
     * @param answerWanted whether the receiver should say the same of itself
     */
    record Hello(
            int nodeId,
            String akkaAddress,
            String grpcAddress,
            String clusterId,
            long incarnation,
            boolean answerWanted)
            implements ControlMessage {}

    /** @param replyAddress the Akka address to answer to */
    record BootstrapCall(int from, String replyAddress, long call, String clusterId, byte[] plan)
            implements ControlMessage {}

    record BootstrapAnswer(long call, int nodeId, boolean ok, String clusterIdFound, String error)
            implements ControlMessage {}

    /** @param replyAddress the Akka address to answer to */
    record AdminCall(int from, String replyAddress, long call, String kind, byte[] payload) implements ControlMessage {}

    record AdminAnswer(long call, boolean ok, byte[] payload, String error) implements ControlMessage {}
}
