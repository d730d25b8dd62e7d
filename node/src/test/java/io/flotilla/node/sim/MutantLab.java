package io.flotilla.node.sim;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Compiles one mutant, and runs a simulation with it until it notices. */
final class MutantLab {
    private static final List<String> ROOMS = List.of("raft", "liveness", "sim");

    private final Path sources;
    private final Path work;
    private final List<String> rooms;
    private final String simulation;

    /**
     * @param sources a directory
     * @param work an empty directory
     * @param rooms directories in {@code sources} that are compiled with the mutant's file; without any, it is compiled alone
     * @param simulation a class with a static method {@code run(long seed)}, whose result has a {@code violation}
     */
    private MutantLab(Path sources, Path work, List<String> rooms, String simulation) {
        this.sources = sources;
        this.work = work;
        this.rooms = rooms;
        this.simulation = simulation;
    }

    /** For what the simulator runs. {@code sources}: the package of the node. */
    static MutantLab ofSimulator(Path sources, Path work) {
        return new MutantLab(sources, work, ROOMS, Simulation.class.getName());
    }

    /** For what the simulation of transactions runs. {@code sources}: the repository. */
    static MutantLab ofTransactions(Path sources, Path work) {
        return new MutantLab(sources, work, List.of(), "io.flotilla.node.replica.TxnWorld");
    }

    String read(String file) throws IOException {
        return Files.readString(sources.resolve(file));
    }

    /** The first seed, from 1 on, that finds it, and what it says; empty if none up to {@code seedsMax} does. */
    Optional<SimResult> hunt(Mutant mutant, long seedsMax) throws IOException, ReflectiveOperationException {
        Path classes = compile(mutant);
        try (URLClassLoader loader = new URLClassLoader(classPath(classes), ClassLoader.getPlatformClassLoader())) {
            Method run = loader.loadClass(simulation).getDeclaredMethod("run", long.class);
            run.setAccessible(true);
            for (long seed = 1; seed <= seedsMax; seed++) {
                Object result = run.invoke(null, seed);
                Method told = result.getClass().getDeclaredMethod("violation");
                told.setAccessible(true);
                Object violation =
                        told.invoke(result) instanceof Optional<?> perhaps ? perhaps.orElse(null) : told.invoke(result);
                if (violation != null) {
                    return Optional.of(new SimResult(seed, 0, 0, new long[0], Optional.of(violation.toString()), 0));
                }
            }
            return Optional.empty();
        }
    }

    private static URL[] classPath(Path first) throws MalformedURLException {
        List<URL> urls = new ArrayList<>();
        urls.add(first.toUri().toURL());
        for (String entry : System.getProperty("java.class.path").split(java.io.File.pathSeparator)) {
            urls.add(Path.of(entry).toUri().toURL());
        }
        return urls.toArray(URL[]::new);
    }

    private Path compile(Mutant mutant) throws IOException {
        Path copy = Files.createTempDirectory(work, "mutant");
        List<Path> files = new ArrayList<>();
        Path broken = copy.resolve(mutant.file());
        Files.createDirectories(broken.getParent());
        for (String room : rooms) {
            Files.createDirectories(copy.resolve(room));
            try (Stream<Path> all = Files.list(sources.resolve(room))) {
                all.filter(file -> file.toString().endsWith(".java")).forEach(file -> {
                    Path target = copy.resolve(room).resolve(file.getFileName());
                    files.add(target);
                    try {
                        Files.copy(file, target);
                    } catch (IOException failed) {
                        throw new UncheckedIOException(failed);
                    }
                });
            }
        }
        if (rooms.isEmpty()) {
            files.add(broken);
        }
        Files.writeString(broken, mutant.applyTo(read(mutant.file())));
        Path classes = Files.createDirectory(copy.resolve("classes"));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter said = new StringWriter();
        try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
            List<String> options = List.of(
                    "-nowarn",
                    "-proc:none",
                    "-d",
                    classes.toString(),
                    "-classpath",
                    System.getProperty("java.class.path"));
            boolean compiled = compiler.getTask(
                            said, manager, null, options, null, manager.getJavaFileObjectsFromPaths(files))
                    .call();
            if (!compiled) {
                throw new IllegalStateException(mutant.name() + " does not compile: " + said);
            }
        }
        return classes;
    }
}
