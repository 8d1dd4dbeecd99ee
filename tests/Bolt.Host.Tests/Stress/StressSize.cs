using System.Globalization;

namespace Bolt.Host.Tests.Stress;

/// <summary>How much: a part of it always, all of it when it is asked for (see the README of Bolt.Benchmarks).</summary>
internal static class StressSize
{
    public const int FullCycles = 5000;

    /// <summary>BOLT_STRESS=full runs all.</summary>
    public static bool Full { get; } = Environment.GetEnvironmentVariable("BOLT_STRESS") == "full";

    /// <summary>One that was printed by a failure, or always the same: what fails once fails again.</summary>
    public static int Seed { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("BOLT_STRESS_SEED"), CultureInfo.InvariantCulture, out var seed) ? seed : 20261124;
}
