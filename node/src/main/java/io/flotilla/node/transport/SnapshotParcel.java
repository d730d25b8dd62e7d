package io.flotilla.node.transport;

/** A message of the bulk lane. @param parcel numbers it for the acknowledgement, which travels on the main lane */
record SnapshotParcel(Envelope.Header header, long parcel, SnapshotChunk chunk) implements WireMessage {}
