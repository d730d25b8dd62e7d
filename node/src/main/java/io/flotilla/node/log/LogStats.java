package io.flotilla.node.log;

/**
 * What a log has done since it was opened, and how it stands.
 *
 * @param files cycle files, the one in use among them
 * @param fileBytes bytes in use in all of them
 * @param liveBytes of entries that ranges still need; about
 * @param writtenBytes of records, for what ranges wanted
 * @param movedBytes written once more so that older files may go
 * @param syncs of groups
 * @param collected files deleted
 */
public record LogStats(
        int files, long fileBytes, long liveBytes, long writtenBytes, long movedBytes, long syncs, long collected) {}
