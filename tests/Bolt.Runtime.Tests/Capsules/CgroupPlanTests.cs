using System.Collections.Immutable;
using System.Text;
using Bolt.Capsules;
using Bolt.Diagnostics;
using Bolt.Launch;

namespace Bolt.Runtime.Tests.Capsules;

public class CgroupPlanTests
{
    private static readonly CapsuleLimits All = new(64 << 20, 0.5, 100)
    {
        SwapBytes = 96 << 20,
        ReservedBytes = 16 << 20,
        CpuShares = 512,
        Cpuset = "0-1",
        IoWeight = 250,
        Io =
        [
            new IoLimit("/dev/vda", IoMeasure.Weight, 1000), new IoLimit("/dev/vda", IoMeasure.ReadBytes, 1 << 20),
            new IoLimit("/dev/vda", IoMeasure.WriteBytes, 2 << 20), new IoLimit("/dev/vda", IoMeasure.ReadOperations, 10),
            new IoLimit("/dev/vda", IoMeasure.WriteOperations, 20),
        ],
        HugePages = ImmutableSortedDictionary<string, long>.Empty.Add("2MB", 4 << 20),
    };

    private static readonly string[] Controllers = ["cpu", "cpuset", "hugetlb", "io", "memory", "pids"];

    private static readonly ObservedHost One = new()
    {
        Root = true,
        Processors = "0-7",
        MemoryNodes = "0-1",
        Cgroups = Controllers.ToImmutableSortedDictionary(c => c, c => "/sys/fs/cgroup/" + c),
        Devices = ImmutableDictionary<string, string>.Empty.Add("/dev/vda", "254:0"),
    };

    private static readonly ObservedHost Two = One with { Unified = true, Cgroups = Controllers.ToImmutableSortedDictionary(c => c, c => "/sys/fs/cgroup") };

    private static readonly ObservedHost Hybrid = One with
    {
        Second = ["hugetlb"],
        Cgroups = One.Cgroups.SetItem("hugetlb", "/sys/fs/cgroup/unified"),
    };

    [Theory]
    [InlineData("v1")]
    [InlineData("v2")]
    [InlineData("hybrid")]
    public void Every_limit_in_its_file(string version)
    {
        var text = new StringBuilder();
        var findings = ImmutableArray.CreateBuilder<Diagnostic>();
        var plan = CgroupPlan.Of(Spec(All), version switch { "v1" => One, "v2" => Two, _ => Hybrid }, findings);
        Assert.Empty(findings);
        foreach (var step in plan.Before.Concat(plan.Between))
            text.Append(step.Operation).Append(' ').Append(step.A).AppendLine(step.B.Length > 0 ? " = " + step.B : "");
        foreach (var folder in plan.Entered)
            text.Append("enter ").AppendLine(folder);
        text.AppendLine(plan.OutOfMemoryFile);
        Golden.Check("Capsules/limits-" + version, text.ToString());
    }

    [Fact]
    public void What_is_no_device_and_what_has_no_controller_is_said()
    {
        var host = Two with { Cgroups = Two.Cgroups.Remove("cpuset"), Devices = Two.Devices.Clear() };
        Assert.Equal(["BOLT5004 Error", "BOLT9501 Error"], Codes(All, host));
        Assert.Equal(["BOLT5004 Warning", "BOLT9501 Warning"], Codes(All with { BestEffort = true }, host));
    }

    [Fact]
    public void All_the_swap_there_is()
    {
        var plan = CgroupPlan.Of(Spec(new CapsuleLimits(MemoryBytes: 5) { SwapBytes = -1 }), Two, ImmutableArray.CreateBuilder<Diagnostic>());
        Assert.Equal("max", plan.Before.Last(step => step.A.EndsWith("memory.swap.max", StringComparison.Ordinal)).B);
    }

    private static IEnumerable<string> Codes(CapsuleLimits limits, ObservedHost host)
    {
        var findings = ImmutableArray.CreateBuilder<Diagnostic>();
        CgroupPlan.Of(Spec(limits), host, findings);
        return findings.Select(finding => $"{finding.Code} {finding.Severity}");
    }

    private static CapsuleSpec Spec(CapsuleLimits limits) => new()
    {
        Id = "web",
        Folder = "/run/c",
        Ids = new IdMap(1000, 1000, 100000, 100000, 65536),
        Layers = ["/trees/low"],
        Command = ["web"],
        Hostname = "web",
        Limits = limits,
    };
}
