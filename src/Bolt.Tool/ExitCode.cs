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
}
