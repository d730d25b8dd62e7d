package io.flotilla.client.cli.fault;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Which process holds a loopback connection, from Linux's {@code /proc}. */
final class SocketOwners {
    private static final int FIELD_LOCAL = 1;
    private static final int FIELD_REMOTE = 2;
    private static final int FIELD_INODE = 9;

    private SocketOwners() {}

    /** Which of {@code pids} has the end {@code localPort} of a connection to {@code remotePort}; empty if none has, or that cannot be read. */
    static Optional<Long> find(int localPort, int remotePort, List<Long> pids) {
        List<String> table = new ArrayList<>();
        for (String name : List.of("tcp6", "tcp")) {
            try {
                table.addAll(Files.readAllLines(Path.of("/proc/net", name), StandardCharsets.ISO_8859_1));
            } catch (IOException absent) {
                // A kernel without this family has no such table.
                continue;
            }
        }
        return inode(table, localPort, remotePort).flatMap(inode -> holder(inode, pids));
    }

    /** @param table lines of {@code /proc/net/tcp}: number, local and remote address as hexadecimal host:port, and so on */
    static Optional<String> inode(List<String> table, int localPort, int remotePort) {
        String local = String.format(":%04X", localPort);
        String remote = String.format(":%04X", remotePort);
        for (String line : table) {
            String[] fields = line.trim().split("\\s+");
            if (fields.length > FIELD_INODE
                    && fields[FIELD_LOCAL].endsWith(local)
                    && fields[FIELD_REMOTE].endsWith(remote)) {
                return Optional.of(fields[FIELD_INODE]);
            }
        }
        return Optional.empty();
    }

    private static Optional<Long> holder(String inode, List<Long> pids) {
        String link = "socket:[" + inode + "]";
        for (long pid : pids) {
            if (holds(pid, link)) {
                return Optional.of(pid);
            }
        }
        return Optional.empty();
    }

    private static boolean holds(long pid, String link) {
        try (DirectoryStream<Path> open = Files.newDirectoryStream(Path.of("/proc", String.valueOf(pid), "fd"))) {
            for (Path file : open) {
                if (pointsTo(file, link)) {
                    return true;
                }
            }
        } catch (IOException gone) {
            return false;
        }
        return false;
    }

    private static boolean pointsTo(Path file, String link) {
        try {
            return Files.readSymbolicLink(file).toString().equals(link);
        } catch (IOException closedMeanwhile) {
            return false;
        }
    }
}
