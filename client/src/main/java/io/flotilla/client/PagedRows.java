package io.flotilla.client;

import java.util.Collections;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.Function;

/** Rows of a span, a page at a time. For one thread. */
final class PagedRows implements Iterator<KeyValue> {
    private final Function<byte[], ScanPage> pages;
    private Optional<byte[]> resume;
    private Iterator<KeyValue> rows = Collections.emptyIterator();

    PagedRows(Function<byte[], ScanPage> pages, byte[] start) {
        this.pages = pages;
        this.resume = Optional.of(start);
    }

    @Override
    public boolean hasNext() {
        while (!rows.hasNext() && resume.isPresent()) {
            ScanPage page = pages.apply(resume.get());
            rows = page.rows().iterator();
            resume = page.resume();
        }
        return rows.hasNext();
    }

    @Override
    public KeyValue next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return rows.next();
    }
}
