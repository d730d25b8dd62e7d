package io.flotilla.client.cli;

import java.util.List;

/** A failure that already knows what to tell its user: the four lines and the exit code. */
public final class CliFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;
    private final String why;
    private final String state;
    private final String remedy;

    /**
     * @param exitCode one of {@link ExitCode}
     * @param what what failed
     * @param why the reason
     * @param state what state it is in now
     * @param remedy what to try
     */
    public CliFailure(int exitCode, String what, String why, String state, String remedy) {
        super(what);
        this.exitCode = exitCode;
        this.why = why;
        this.state = state;
        this.remedy = remedy;
    }

    public int exitCode() {
        return exitCode;
    }

    public String what() {
        return String.valueOf(getMessage());
    }

    public String why() {
        return why;
    }

    public String state() {
        return state;
    }

    public String remedy() {
        return remedy;
    }

    /** The same failure with its reason, state and remedy, but naming the command that met it. */
    public CliFailure during(String command) {
        return new CliFailure(exitCode, command + ": " + what(), why, state, remedy);
    }

    /** The four lines, in order. */
    public List<String> lines() {
        return List.of("error:  " + what(), "why:    " + why, "state:  " + state, "try:    " + remedy);
    }
}
