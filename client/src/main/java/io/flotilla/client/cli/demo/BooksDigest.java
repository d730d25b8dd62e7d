package io.flotilla.client.cli.demo;

import io.flotilla.client.FlotillaClient;
import io.flotilla.client.KeyValue;
import io.flotilla.client.load.BankLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A fingerprint of all of a bank's rows, accounts and ledger: one lost, doubled or altered row changes it. */
final class BooksDigest {
    private static final int PAGE_ROWS = 5_000;

    private BooksDigest() {}

    /** Reads all rows. Nobody may write to them meanwhile. */
    static DemoDirectory.Books read(FlotillaClient client, BankLayout layout) {
        byte[] start = layout.start().getBytes(StandardCharsets.UTF_8);
        byte[] end = layout.end().getBytes(StandardCharsets.UTF_8);
        return of(client.scanAll(start, end, PAGE_ROWS));
    }

    static DemoDirectory.Books of(Iterable<KeyValue> rows) {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java has SHA-256", impossible);
        }
        long count = 0;
        ByteBuffer lengths = ByteBuffer.allocate(8);
        for (KeyValue row : rows) {
            // Lengths first, so that no two different sets of rows are the same bytes.
            digest.update(lengths.clear()
                    .putInt(row.key().length)
                    .putInt(row.value().length)
                    .array());
            digest.update(row.key());
            digest.update(row.value());
            count++;
        }
        return new DemoDirectory.Books(count, HexFormat.of().formatHex(digest.digest()));
    }
}
