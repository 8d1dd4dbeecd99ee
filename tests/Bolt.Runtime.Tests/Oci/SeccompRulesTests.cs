using System.Buffers.Binary;
using System.Collections.Immutable;
using Bolt.Diagnostics;
using Bolt.Oci;

namespace Bolt.Runtime.Tests.Oci;

/// <summary>Filters are judged by running them, as the kernel would, over calls.</summary>
public class SeccompRulesTests
{
    private const uint X64 = 0xC000003E, I386 = 0x40000003, Allow = 0x7FFF0000, Refuse = 0x00050001, NoSys = 0x00050026, Kill = 0x80000000;

    private static readonly OciSeccomp Docker = new()
    {
        DefaultAction = "SCMP_ACT_ERRNO",
        Architectures = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
        Syscalls =
        [
            new OciSyscall { Names = ["read", "write", "mkdir", "_llseek", "statmount"], Action = "SCMP_ACT_ALLOW" },
            new OciSyscall { Names = ["personality"], Action = "SCMP_ACT_ALLOW", Args = [new OciSyscallArgument(0, 8, 0, "SCMP_CMP_EQ")] },
            new OciSyscall { Names = ["personality"], Action = "SCMP_ACT_ALLOW", Args = [new OciSyscallArgument(0, 0x100000000, 0, "SCMP_CMP_EQ")] },
            new OciSyscall { Names = ["clone"], Action = "SCMP_ACT_ALLOW", Args = [new OciSyscallArgument(0, 0x7E020000, 0, "SCMP_CMP_MASKED_EQ")] },
            new OciSyscall { Names = ["socket"], Action = "SCMP_ACT_ALLOW", Args = [new OciSyscallArgument(0, 40, 0, "SCMP_CMP_NE")] },
            new OciSyscall { Names = ["dup2"], Action = "SCMP_ACT_ALLOW", Args = [new OciSyscallArgument(0, 5, 0, "SCMP_CMP_GT"), new OciSyscallArgument(1, 9, 0, "SCMP_CMP_LE")] },
        ],
    };

    [Theory]
    [InlineData(X64, 0, Allow, 0, 0)]                       // read
    [InlineData(X64, 2, Refuse, 0, 0)]                      // open: known and not named
    [InlineData(X64, 457, Allow, 0, 0)]                     // statmount, the newest that is named
    [InlineData(X64, 458, NoSys, 0, 0)]                     // newer
    [InlineData(X64, 135, Allow, 8, 0)]                     // personality
    [InlineData(X64, 135, Refuse, 9, 0)]
    [InlineData(X64, 135, Allow, 0x100000000, 0)]           // the upper half counts
    [InlineData(X64, 135, Refuse, 0x100000008, 0)]
    [InlineData(X64, 56, Allow, 17, 0)]                     // clone without namespaces
    [InlineData(X64, 56, Refuse, 0x20000011, 0)]
    [InlineData(X64, 41, Allow, 2, 0)]                      // socket but of VSOCK
    [InlineData(X64, 41, Refuse, 40, 0)]
    [InlineData(X64, 33, Allow, 6, 9)]                      // dup2: both conditions
    [InlineData(X64, 33, Refuse, 5, 9)]
    [InlineData(X64, 33, Refuse, 6, 10)]
    [InlineData(X64, 0x40000000, Allow, 0, 0)]              // x32's read
    [InlineData(X64, 0x40000002, Refuse, 0, 0)]
    [InlineData(I386, 3, Allow, 0, 0)]                      // i386's read
    [InlineData(I386, 140, Allow, 0, 0)]                    // _llseek, which only i386 has
    [InlineData(I386, 5, Refuse, 0, 0)]
    [InlineData(0xC00000B7, 63, Kill, 0, 0)]                // another architecture
    public void A_call_is_judged(uint architecture, uint number, uint action, ulong first, ulong second) =>
        Assert.Equal(action, Run(Compile(Docker).Program, architecture, number, [first, second]));

    [Fact]
    public void Without_its_architecture_x32_ends_the_process() =>
        Assert.Equal(Kill, Run(Compile(Docker with { Architectures = ["SCMP_ARCH_X86_64"] }).Program, X64, 0x40000000, [0, 0]));

    [Fact]
    public void A_rule_without_conditions_decides() => Assert.Equal(Allow, Run(Compile(Docker with
    {
        Syscalls = [.. Docker.Syscalls!, new OciSyscall { Names = ["personality"], Action = "SCMP_ACT_ALLOW" }],
    }).Program, X64, 135, [77, 0]));

    [Theory]
    [InlineData("SCMP_CMP_LT", 4, true)]
    [InlineData("SCMP_CMP_LT", 5, false)]
    [InlineData("SCMP_CMP_LE", 5, true)]
    [InlineData("SCMP_CMP_LE", 0x500000000, false)]
    [InlineData("SCMP_CMP_GE", 5, true)]
    [InlineData("SCMP_CMP_GE", 4, false)]
    [InlineData("SCMP_CMP_GE", 0x100000000, true)]
    [InlineData("SCMP_CMP_GT", 5, false)]
    [InlineData("SCMP_CMP_GT", 0x100000000, true)]
    public void A_comparison_is_of_64_bits(string op, ulong value, bool holds)
    {
        var program = Compile(new OciSeccomp
        {
            DefaultAction = "SCMP_ACT_ERRNO",
            Syscalls = [new OciSyscall { Names = ["read"], Action = "SCMP_ACT_ALLOW", Args = [new OciSyscallArgument(0, 5, 0, op)] }],
        }).Program;
        Assert.Equal(holds ? Allow : Refuse, Run(program, X64, 0, [value, 0]));
    }

    [Theory]
    [InlineData("SCMP_ACT_NONE", "SCMP_ACT_ALLOW")]
    [InlineData("SCMP_ACT_ALLOW", "ALLOW")]
    [InlineData("SCMP_ACT_NOTIFY", "SCMP_ACT_ALLOW")]
    public void What_cannot_be_meant_is_a_finding(string fallback, string action)
    {
        var findings = ImmutableArray.CreateBuilder<Diagnostic>();
        SeccompRules.Of(new OciSeccomp { DefaultAction = fallback, Syscalls = [new OciSyscall { Names = ["read"], Action = action }] }, findings);
        Assert.NotEmpty(findings);
    }

    private static SeccompRules Compile(OciSeccomp seccomp)
    {
        var findings = ImmutableArray.CreateBuilder<Diagnostic>();
        var rules = SeccompRules.Of(seccomp, findings);
        Assert.Empty(findings);
        return rules!;
    }

    // networking/filter.rst: the instructions that the compiler uses.
    private static uint Run(ImmutableArray<byte> program, uint architecture, uint number, ulong[] arguments)
    {
        var data = new byte[64];
        BinaryPrimitives.WriteUInt32LittleEndian(data, number);
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(4), architecture);
        for (var i = 0; i < arguments.Length; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(16 + i * 8), arguments[i]);
        var code = program.AsSpan();
        uint accumulator = 0;
        for (var at = 0; ; at++)
        {
            var instruction = code.Slice(at * 8, 8);
            var value = BinaryPrimitives.ReadUInt32LittleEndian(instruction[4..]);
            int Jump(bool holds, ReadOnlySpan<byte> of) => holds ? of[2] : of[3];
            switch (BinaryPrimitives.ReadUInt16LittleEndian(instruction))
            {
                case 0x20: accumulator = BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan((int)value)); break;
                case 0x54: accumulator &= value; break;
                case 0x05: at += (int)value; break;
                case 0x15: at += Jump(accumulator == value, instruction); break;
                case 0x25: at += Jump(accumulator > value, instruction); break;
                case 0x35: at += Jump(accumulator >= value, instruction); break;
                case 0x06: return value;
                default: throw new InvalidOperationException("an instruction that the compiler does not use");
            }
        }
    }
}
