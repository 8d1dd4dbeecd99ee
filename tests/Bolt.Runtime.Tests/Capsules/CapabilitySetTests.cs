using Bolt.Capsules;

namespace Bolt.Runtime.Tests.Capsules;

public class CapabilitySetTests
{
    // Docker's fourteen, moby/oci/caps/defaults.go.
    private static readonly string[] Docker =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID",
        "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
    ];

    [Fact]
    public void The_default_is_a_true_subset_of_dockers()
    {
        var docker = CapabilitySet.Of([.. Docker], out var unknown);
        Assert.Null(unknown);
        Assert.Equal(0xA80425FBUL, docker);
        Assert.Equal(0UL, CapabilitySet.Default & ~docker);
        Assert.Equal(0x405FBUL, CapabilitySet.Default & ~(1UL << 31));
        Assert.NotEqual(docker, CapabilitySet.Default);
    }

    [Fact]
    public void An_unknown_name_is_told() => Assert.True(CapabilitySet.Of(["CAP_KILL", "CAP_FLY"], out var unknown) == 1UL << 5 && unknown == "CAP_FLY");
}
