using System.Net;
using Bolt.Diagnostics;

namespace Bolt.Surge;

/// <summary>The sentences of this room.</summary>
internal static class SurgeErrors
{
    public static Diagnostic UnknownService(string service, string needed, IEnumerable<string> known, SourceSpan? at) =>
        new("BOLT6001", Severity.Error, $"service `{service}` refers to `{needed}`, which is no service of this file", at,
            $"write one of: {string.Join(", ", known.Order(StringComparer.Ordinal).Select(n => $"`{n}`"))}");

    public static Diagnostic Cycle(IReadOnlyList<string> path, SourceSpan? at) =>
        new("BOLT6002", Severity.Error, $"services wait for each other: {string.Join(" -> ", path.Select(n => $"`{n}`"))}", at,
            "remove one `depends_on` or `bolt://` of this circle");

    public static Diagnostic SubnetFull(IPNetwork subnet, int services) =>
        new("BOLT6003", Severity.Error, $"the subnet `{subnet}` has no room for {services} services", null, "write a larger `subnet`");

    public static Diagnostic NoSuchService(string name, IEnumerable<string> known) =>
        new("BOLT6004", Severity.Error, $"no service `{name}` in this stack", null,
            $"name one of: {string.Join(", ", known.Select(n => $"`{n}`"))}");

    public static Diagnostic PortInUse(string service, PortStatus port, string? holder) =>
        new("BOLT6005", Severity.Error,
            $"cannot publish `{service}`: {port.Protocol} port {port.HostAddress}:{port.HostPort} is in use{(holder is null ? "" : $" by {holder}")}", null,
            "stop what holds it, or write another host port in `ports`");

    public static Diagnostic PortMoved(string service, PortStatus port) =>
        new("BOLT6006", Severity.Warning,
            $"port {port.Asked} of `{service}` is published at {port.HostAddress}:{port.HostPort}: this host keeps port {port.Asked} for root", null,
            $"run `sudo sysctl net.ipv4.ip_unprivileged_port_start={port.Asked}`");

    public static Diagnostic PortDenied(string service, PortStatus port) =>
        new("BOLT6007", Severity.Error,
            $"cannot publish `{service}`: this host keeps port {port.HostAddress}:{port.HostPort} for root, and `strict_ports` is set", null,
            $"run `sudo sysctl net.ipv4.ip_unprivileged_port_start={port.HostPort}`");

    public static Diagnostic EndedBeforeReady(string service, int shellCode, bool mayBeJob, IReadOnlyList<string> lastLines) =>
        new("BOLT6008", Severity.Error, $"`{service}` ended with code {shellCode} before it was ready", null,
            mayBeJob && shellCode == 0 ? "write `restart = \"no\"` if it is a job that ends" : null,
            LastWords(lastLines));

    public static Diagnostic NotReadyInTime(string service, string waitedFor, TimeSpan limit, IReadOnlyList<string> lastLines) =>
        new("BOLT6026", Severity.Error, $"`{service}` was not ready after {limit.TotalSeconds:0.#} s: it waited for {waitedFor}", null,
            "correct `ports`, write a `healthcheck`, or give it more time with `bolt up --timeout SECONDS`", LastWords(lastLines));

    public static Diagnostic NoDataFolder(string service, string source) =>
        new("BOLT6009", Severity.Error, $"service `{service}` has a `storage` table, but `{source}` names no data folder", null,
            "mount a named volume with `volumes = [\"data:/path\"]` instead");

    public static Diagnostic InitializeFailed(string service, int shellCode, IReadOnlyList<string> lastLines) =>
        new("BOLT6010", Severity.Error, $"preparing the data of `{service}` ended with code {shellCode}", null, null,
            LastWords(lastLines));

    public static Diagnostic NoUrl(string service, string needed) =>
        new("BOLT6011", Severity.Error, $"service `{service}` asks for the address of `{needed}`, which has none", null,
            $"publish or expose a port of `{needed}`, or write the address out");

    public static Diagnostic CannotDetach() =>
        new("BOLT6012", Severity.Error, "this program cannot leave a stack behind: it has no command for an owner process", null,
            "set `BoltOptions.SuperviseCommand`");

    public static Diagnostic OwnerDied(string lastWords) =>
        new("BOLT6013", Severity.Error, "the owner process of the stack ended before it answered", null, null,
            lastWords.Length == 0 ? null : Because(lastWords));

    public static Diagnostic NoSuchStack(string id) =>
        new("BOLT6014", Severity.Error, $"there is no stack `{id}`", null, "run `bolt ps` to see those that exist");

    public static Diagnostic NotRunning(string service) =>
        new("BOLT6015", Severity.Error, $"service `{service}` does not run", null, $"run `bolt start {service}`");

    public static Diagnostic Owned(string id) =>
        new("BOLT6016", Severity.Error, $"another process owns the stack `{id}` and does not answer", null, "run the command again");

    public static Diagnostic Refused(string what) =>
        new("BOLT6017", Severity.Error, $"the owner did not understand the request: {what}", null, "use the same version of Bolt for all commands");

    public static Diagnostic CannotStart(string service, Diagnostic cause) =>
        new("BOLT6018", Severity.Error, $"cannot start `{service}`", null, cause.Fix, cause with { Fix = null });

    public static Diagnostic ProbeFailed(string service, int times, string? lastLine) =>
        new("BOLT6019", Severity.Error, $"`{service}` failed its health probe {times} times{(lastLine is null ? "" : $": {lastLine}")}");

    public static Diagnostic Unexpected(string doing, Exception error) =>
        new("BOLT6020", Severity.Error, $"cannot {doing}", null, null, Because(error.Message));

    public static Diagnostic NoSuchAddress(string service, PortStatus port) =>
        new("BOLT6021", Severity.Error, $"cannot publish `{service}`: `{port.HostAddress}` is no address of this host", null,
            "write `127.0.0.1` or an address that `ip address` shows");

    public static Diagnostic NoCommand(string service) =>
        new("BOLT6022", Severity.Error, $"service `{service}` names no program to run, and neither does its image", null, "write `command = [\"…\"]`");

    public static Diagnostic ResolverFailed(string reason) =>
        new("BOLT6023", Severity.Warning, $"the stack's resolver does not run: {reason}", null,
            "names of services still work; run `bolt restart` if names of the world do not");

    public static Diagnostic MonitorDied(string service) =>
        new("BOLT6024", Severity.Warning, $"the monitor of `{service}` was killed, and its processes with it");

    public static Diagnostic RestartFailed(string service, Exception error) =>
        new("BOLT6025", Severity.Warning, $"`{service}` did not come back", null, null,
            error is BoltException bolt ? bolt.Diagnostic : Because(error.Message));

    public static Diagnostic FreezeFailed(string service, int code, string words) =>
        new("BOLT6040", Severity.Error, $"`{service}` cannot be frozen: what its recipe runs before that ended with code {code}", null, null, Because(words));

    public static Diagnostic NotForked(string stack) =>
        new("BOLT6041", Severity.Error, $"stack `{stack}` ended before it could be forked", null, "fork a stack while it is up");

    public static Diagnostic EndedBeforeAnswer(string stack) =>
        new("BOLT6042", Severity.Error, $"stack `{stack}` ended before that was done");

    public static Diagnostic SnapshotTooLarge(string stack, long most) =>
        new("BOLT6060", Severity.Warning, $"the snapshot of `{stack}` would be larger than {most >> 20} MiB and is left out", null, "raise the limit, or keep less data in the test");

    public static Diagnostic NoSnapshot(string path, string reason) =>
        new("BOLT6061", Severity.Error, $"`{path}` cannot be replayed: {reason}", null, "name a file that a failed test of Bolt.TestKit has attached: `stack.bolt`");

    public static Diagnostic SnapshotLayerMissing(string image, string layer) =>
        new("BOLT6062", Severity.Error, $"layer {layer} of `{image}` is neither in the snapshot nor here", null, $"build the image on this machine first: `bolt build {image}`");

    public static Diagnostic VariableMissing(string service, string key, string text) =>
        new("BOLT6063", Severity.Error, $"{key} of `{service}` is `{text}`, and a variable of it is not set here", null, "set it; values from the environment are in no snapshot");

    public static Diagnostic SnapshotSecret(string path) =>
        new("BOLT6064", Severity.Warning, $"no snapshot was made: `{path}` takes values from the environment where a snapshot cannot leave them out", null,
            "use variables in `env` and `auth` alone, and leave the file as it was when the stack came up");

    public static Diagnostic NoSuchSignal(string name) =>
        new("BOLT6050", Severity.Error, $"there is no signal `{name}`", null, "write a name from signal(7), such as `TERM`, or a number");

    public static Diagnostic StopIsPause() =>
        new("BOLT6051", Severity.Error, "no single process of a service is stopped by a signal", null, "`bolt pause` stands all of them still");

    public static Diagnostic MemoryBefore(string service) =>
        new("BOLT6052", Severity.Warning, $"`{service}` was started without a memory limit: what it has already is not counted, only what it takes from now on", null,
            $"`bolt restart {service}` counts all of it");

    public static Diagnostic NoShim() =>
        new("BOLT9601", Severity.Error, "the program `bolt-shim`, which starts capsules, is not there", null,
            "install the package Bolt.Runtime for linux-x64 again, or set BOLT_SHIM to the program's path");

    // Control characters of a service's output would act on the terminal.
    private static Diagnostic? LastWords(IReadOnlyList<string> lines) => lines.Count == 0 ? null
        : Because("its last lines:" + string.Concat(lines.Select(l => "\n    " + string.Concat(l.Select(c => char.IsControl(c) && c != '\t' ? '\uFFFD' : c)))));

    // What others said: a program's last lines, an exception's message.
    private static Diagnostic Because(string words) => new("BOLT6030", Severity.Note, words);
}
