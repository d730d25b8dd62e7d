package io.flotilla.node;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** A failure in one line for operators: what was tried, and what it failed for in the end. */
final class Reason {
    private Reason() {}

    static String of(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return failure == root ? said(failure) : failure.getMessage() + " (" + said(root) + ")";
    }

    /** Of a file that is missing or in the way the platform says no more than where it is. */
    private static String said(Throwable failure) {
        if (failure instanceof FileSystemException file && file.getReason() == null) {
            return file.getFile() + ": " + wrongWith(file);
        }
        return String.valueOf(failure.getMessage());
    }

    private static String wrongWith(FileSystemException file) {
        if (file instanceof NoSuchFileException) {
            return "there is no such file";
        }
        if (file instanceof FileAlreadyExistsException) {
            return "there is a file where a directory is needed";
        }
        return file instanceof AccessDeniedException
                ? "permission denied"
                : file.getClass().getSimpleName();
    }
}
