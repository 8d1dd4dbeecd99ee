using Bolt.Diagnostics;

namespace Bolt.Tool;

/// <summary>What the process says at its end; `run` and `exec` pass the inner code instead.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int Usage = 2;
    public const int Bug = 70;
    public const int Interrupted = 130;
    /// <summary>`run` or `exec`: Bolt itself failed, so there is no inner code (as Docker has it).</summary>
    public const int NotRun = 125;
    /// <summary>`run` or `exec`: the program is there and cannot be executed (as shells have it).</summary>
    public const int NotExecutable = 126;
    /// <summary>`run` or `exec`: there is no such program.</summary>
    public const int NotFound = 127;

    /// <summary>What `run` ends with when the image's program did not start.</summary>
    public static int OfRun(Diagnostic why) => why switch
    {
        { Code: "BOLT5010" } => NotFound,
        { Code: "BOLT5011" } => NotExecutable,
        { Cause: { } below } => OfRun(below),
        _ => NotRun,
    };
}
