using System.Collections.Immutable;
using Bolt.Capsules;
using Bolt.Diagnostics;
using Bolt.Kernel;

namespace Bolt.Oci;

/// <summary>linux.seccomp of config.json as a filter program, as libseccomp and runc would have it.</summary>
internal sealed record SeccompRules(ImmutableArray<byte> Program, int Flags, bool Notify)
{
    private const uint Trace = 0x7FF00000, Errno = 0x00050000, Allow = 0x7FFF0000, Log = 0x7FFC0000, UserNotify = 0x7FC00000,
        Trap = 0x00030000, KillProcess = 0x80000000, KillThread = 0;
    private const uint NewListener = 8, ThreadSyncEsrch = 16;
    private const uint ArchX64 = 0xC000003E, ArchI386 = 0x40000003;
    private const uint X32Bit = 0x40000000;
    private const int MaxInstructions = 4096;

    public static SeccompRules? Of(OciSeccomp seccomp, ImmutableArray<Diagnostic>.Builder findings)
    {
        int Errors() => findings.Count(f => f.Severity == Severity.Error);
        var before = Errors();
        var fallback = Action(seccomp.DefaultAction, seccomp.DefaultErrnoRet, "linux.seccomp.defaultAction", findings);
        var flags = Flag(seccomp, findings);
        var wanted = (seccomp.Architectures ?? []).ToHashSet(StringComparer.Ordinal);
        // As libseccomp: the native one is always there.
        var rules = (seccomp.Syscalls ?? []).SelectMany((entry, i) => Rules(entry, i, fallback, findings)).ToList();
        var notify = fallback == UserNotify || rules.Any(rule => rule.Action == UserNotify);
        if (notify && string.IsNullOrEmpty(seccomp.ListenerPath))
            findings.Add(OciErrors.Invalid("linux.seccomp.listenerPath", "is missing, and SCMP_ACT_NOTIFY needs it"));
        if (notify && (fallback == UserNotify || rules.Any(rule => rule.Action == UserNotify && rule.Name is "sendmsg" or "execve")))
            findings.Add(OciErrors.Invalid("linux.seccomp", "must not hand sendmsg or execve to SCMP_ACT_NOTIFY: the runtime itself makes these calls under the filter"));
        if (Errors() > before)
            return null;

        var x64 = Branches(rules, SeccompNames.X64, fallback, X32Bit - 1);
        x64.AddRange(wanted.Contains("SCMP_ARCH_X32")
            ? Branches(rules, SeccompNames.X32, fallback, uint.MaxValue, X32Bit)
            : [(X32Bit, [Return(KillProcess)])]);
        var program = new BpfProgram();
        var architectures = new List<(uint, List<(uint, ImmutableArray<BpfInstruction>)>)> { (ArchX64, x64) };
        if (wanted.Contains("SCMP_ARCH_X86"))
            architectures.Add((ArchI386, Branches(rules, SeccompNames.I386, fallback, uint.MaxValue)));
        program.ChooseArchitecture(architectures, Return(KillProcess));
        var bytes = program.ToBytes();
        if (bytes.Length / 8 > MaxInstructions)
            findings.Add(OciErrors.Invalid("linux.seccomp.syscalls", "make a filter of more than 4096 instructions"));
        if (notify)
            flags |= (int)NewListener | ((flags & 1) != 0 ? (int)ThreadSyncEsrch : 0);
        return new SeccompRules(bytes, flags, notify);
    }

    private static BpfInstruction Return(uint action) => new(0x06, 0, 0, action);

    /// <summary>By number: what is not named gets the default; what is newer than all that is named gets ENOSYS.</summary>
    private static List<(uint From, ImmutableArray<BpfInstruction> Code)> Branches(
        List<SeccompRule> rules, Func<string, int?> number, uint fallback, uint last, uint first = 0)
    {
        var byNumber = new SortedDictionary<uint, List<SeccompRule>>();
        foreach (var rule in rules)
            if (number(rule.Name) is { } call)
                (byNumber.TryGetValue((uint)call, out var list) ? list : byNumber[(uint)call] = []).Add(rule);
        ImmutableArray<BpfInstruction> otherwise = [Return(fallback)];
        var branches = new List<(uint From, ImmutableArray<BpfInstruction> Code)> { (first, otherwise) };
        var next = first;
        foreach (var (call, list) in byNumber)
        {
            if (call > next)
                Add(branches, next, otherwise);
            Add(branches, call, Code(list, fallback));
            next = call + 1;
        }
        if (byNumber.Count > 0 && next - 1 < last)
            Add(branches, next, fallback is Allow or Log ? otherwise : [Return(Errno | (uint)Kernel.Errno.ENOSYS)]);
        return branches;
    }

    private static void Add(List<(uint From, ImmutableArray<BpfInstruction> Code)> branches, uint from, ImmutableArray<BpfInstruction> code)
    {
        if (branches[^1].From == from)
            branches[^1] = (from, code);
        else if (!branches[^1].Code.SequenceEqual(code))
            branches.Add((from, code));
    }

    // A rule without conditions decides, whatever others say; else the first whose conditions all hold.
    private static ImmutableArray<BpfInstruction> Code(List<SeccompRule> rules, uint fallback)
    {
        if (rules.Find(rule => rule.Conditions.IsEmpty) is { } plain)
            return [Return(plain.Action)];
        return [.. rules.SelectMany(rule => rule.ToCode()), Return(fallback)];
    }

    private static IEnumerable<SeccompRule> Rules(OciSyscall entry, int index, uint fallback, ImmutableArray<Diagnostic>.Builder findings)
    {
        var field = $"linux.seccomp.syscalls[{index}]";
        var action = Action(entry.Action, entry.ErrnoRet, field + ".action", findings);
        if (action == fallback)
            return [];
        var conditions = ImmutableArray.CreateBuilder<SeccompCondition>();
        foreach (var argument in entry.Args ?? [])
        {
            if (SeccompCondition.Of(argument) is { } condition)
                conditions.Add(condition);
            else
                findings.Add(OciErrors.Invalid(field + ".args", $"has no index below 6 or an unknown op `{argument.Op}`"));
        }
        // runc: conditions on one argument more than once are alternatives.
        var alternatives = conditions.GroupBy(c => c.Index).Any(g => g.Count() > 1)
            ? conditions.Select(c => ImmutableArray.Create(c)).ToList()
            : [conditions.ToImmutable()];
        return (entry.Names ?? []).SelectMany(name => alternatives.Select(a => new SeccompRule(name, action, a)));
    }

    private static uint Action(string? name, uint? number, string field, ImmutableArray<Diagnostic>.Builder findings)
    {
        var value = number ?? (uint)Kernel.Errno.EPERM;
        if (value > 4095)
            findings.Add(OciErrors.Invalid(field, $"has an errnoRet of {value}, which is no errno"));
        switch (name)
        {
            case "SCMP_ACT_KILL" or "SCMP_ACT_KILL_THREAD": return KillThread;
            case "SCMP_ACT_KILL_PROCESS": return KillProcess;
            case "SCMP_ACT_TRAP": return Trap;
            case "SCMP_ACT_ERRNO": return Errno | value;
            case "SCMP_ACT_TRACE": return Trace | value;
            case "SCMP_ACT_ALLOW": return Allow;
            case "SCMP_ACT_LOG": return Log;
            case "SCMP_ACT_NOTIFY": return UserNotify;
            default:
                findings.Add(OciErrors.Invalid(field, $"is `{name}`, which is no action"));
                return KillProcess;
        }
    }

    private static int Flag(OciSeccomp seccomp, ImmutableArray<Diagnostic>.Builder findings)
    {
        var flags = 0;
        foreach (var name in seccomp.Flags ?? [])
        {
            var flag = name switch
            {
                "SECCOMP_FILTER_FLAG_TSYNC" => 1,
                "SECCOMP_FILTER_FLAG_LOG" => 2,
                "SECCOMP_FILTER_FLAG_SPEC_ALLOW" => 4,
                "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" => 32,
                _ => -1,
            };
            if (flag < 0)
                findings.Add(OciErrors.Invalid("linux.seccomp.flags", $"has `{name}`, which is no flag"));
            else
                flags |= flag;
        }
        return flags;
    }
}

/// <summary>What becomes of one call whose arguments fulfil all conditions.</summary>
internal sealed record SeccompRule(string Name, uint Action, ImmutableArray<SeccompCondition> Conditions)
{
    public IEnumerable<BpfInstruction> ToCode()
    {
        var code = new List<BpfInstruction>();
        foreach (var condition in Conditions)
            condition.Append(code);
        // Where a condition fails stands after the rule's own return.
        var end = code.Count + 1;
        for (var i = 0; i < code.Count; i++)
        {
            var (op, then, otherwise, value) = code[i];
            code[i] = new BpfInstruction(op, Resolve(then, i, end), Resolve(otherwise, i, end), value);
        }
        code.Add(new BpfInstruction(0x06, 0, 0, Action));
        return code;
    }

    private static byte Resolve(byte jump, int at, int end) => jump == SeccompCondition.Fails ? (byte)(end - at - 1) : jump;
}

/// <summary>A condition on one argument, all 64 bits of it.</summary>
internal sealed record SeccompCondition(uint Index, string Op, ulong Value, ulong ValueTwo)
{
    /// <summary>A jump to where the next rule begins.</summary>
    public const byte Fails = 255;

    private const ushort Load = 0x20, And = 0x54, Equal = 0x15, Greater = 0x25, GreaterOrEqual = 0x35;

    public static SeccompCondition? Of(OciSyscallArgument argument) =>
        argument.Index < 6 && argument.Op is "SCMP_CMP_NE" or "SCMP_CMP_LT" or "SCMP_CMP_LE" or "SCMP_CMP_EQ" or "SCMP_CMP_GE"
            or "SCMP_CMP_GT" or "SCMP_CMP_MASKED_EQ"
            ? new SeccompCondition(argument.Index, argument.Op!, argument.Value, argument.ValueTwo)
            : null;

    public void Append(List<BpfInstruction> code)
    {
        uint high = (uint)(Value >> 32), low = (uint)Value, offset = 16 + Index * 8;
        var loadHigh = new BpfInstruction(Load, 0, 0, offset + 4);
        var loadLow = new BpfInstruction(Load, 0, 0, offset);
        BpfInstruction[] added = Op switch
        {
            "SCMP_CMP_EQ" => [loadHigh, new(Equal, 0, Fails, high), loadLow, new(Equal, 0, Fails, low)],
            "SCMP_CMP_NE" => [loadHigh, new(Equal, 0, 2, high), loadLow, new(Equal, Fails, 0, low)],
            "SCMP_CMP_LT" => [loadHigh, new(Greater, Fails, 0, high), new(Equal, 0, 2, high), loadLow, new(GreaterOrEqual, Fails, 0, low)],
            "SCMP_CMP_LE" => [loadHigh, new(Greater, Fails, 0, high), new(Equal, 0, 2, high), loadLow, new(Greater, Fails, 0, low)],
            "SCMP_CMP_GE" => [loadHigh, new(Greater, 3, 0, high), new(Equal, 0, Fails, high), loadLow, new(GreaterOrEqual, 0, Fails, low)],
            "SCMP_CMP_GT" => [loadHigh, new(Greater, 3, 0, high), new(Equal, 0, Fails, high), loadLow, new(Greater, 0, Fails, low)],
            _ =>
            [
                loadHigh, new(And, 0, 0, high), new(Equal, 0, Fails, (uint)(ValueTwo >> 32)),
                loadLow, new(And, 0, 0, low), new(Equal, 0, Fails, (uint)ValueTwo),
            ],
        };
        code.AddRange(added);
    }
}
